/* Keeps the leak check to where our code runs. Linked into tests of the address sanitizer's build only.
 *
 * Criterion's runner, which is the same program as its tests, now and then forgets a block of its own, which would fail a test
 * that passed. The tests run in children, which its sandbox (BoxFort) marks with BXFI_MAP; these are checked, and so are the
 * programs that they start. */
#include <stdlib.h>

int __lsan_is_turned_off(void);

/* Asked by the sanitizer at exit. */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void) {
    return getenv("BXFI_MAP") == NULL;
}
