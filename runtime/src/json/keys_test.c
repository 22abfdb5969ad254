#include <criterion/criterion.h>
#include <stdio.h>

#include "json/keys.h"

#define MANY 5000

static void add(pt_json_keys *keys, pt_json_scope *scope, const uint8_t *base, pt_json_key key, pt_code expected,
                size_t place) {
    size_t at = SIZE_MAX;
    pt_code code = pt_json_scope_add(keys, scope, base, key, &at);
    cr_assert_eq(code, expected, "%s", pt_code_name(code));
    cr_assert_eq(at, place, "%zu, not %zu", at, place);
}

Test(keys, an_equal_key_is_found_among_few_and_many) {
    pt_json_keys keys;
    pt_json_scope scope;
    static char text[MANY * 8];
    const uint8_t *base = (const uint8_t *)text;
    for (size_t i = 0; i < MANY; i++)
        snprintf(text + i * 8, 8, "%07zu", i);
    pt_json_keys_init(&keys);
    pt_json_scope_begin(&keys, &scope);
    for (size_t i = 0; i < MANY; i++) {
        add(&keys, &scope, base, pt_json_key_text(base, i * 8, 7), PT_OK, i);
        add(&keys, &scope, base, pt_json_key_text(base, i / 2 * 8, 7), PT_ALREADY_EXISTS, i / 2);
    }
    pt_json_scope_end(&keys, &scope);
    pt_json_keys_done(&keys);
}

Test(keys, scopes_dont_see_each_other) {
    pt_json_keys keys;
    pt_json_scope outer, inner;
    const uint8_t *base = (const uint8_t *)"ab";
    pt_json_keys_init(&keys);
    pt_json_scope_begin(&keys, &outer);
    add(&keys, &outer, base, pt_json_key_text(base, 0, 1), PT_OK, 0);
    pt_json_scope_begin(&keys, &inner);
    add(&keys, &inner, base, pt_json_key_text(base, 0, 1), PT_OK, 0);
    for (uint64_t i = 0; i < 100; i++)
        add(&keys, &inner, base, pt_json_key_number(i), PT_OK, (size_t)i + 1);
    pt_json_scope_end(&keys, &inner);
    add(&keys, &outer, base, pt_json_key_text(base, 1, 1), PT_OK, 1);
    add(&keys, &outer, base, pt_json_key_text(base, 0, 1), PT_ALREADY_EXISTS, 0);
    pt_json_scope_end(&keys, &outer);
    pt_json_keys_done(&keys);
}

Test(keys, text_number_and_empty_text_differ) {
    pt_json_keys keys;
    pt_json_scope scope;
    const uint8_t *base = (const uint8_t *)"\0\0\0";
    pt_json_keys_init(&keys);
    pt_json_scope_begin(&keys, &scope);
    add(&keys, &scope, base, pt_json_key_text(base, 0, 0), PT_OK, 0);
    add(&keys, &scope, base, pt_json_key_text(base, 0, 1), PT_OK, 1);
    add(&keys, &scope, base, pt_json_key_text(base, 0, 2), PT_OK, 2);
    add(&keys, &scope, base, pt_json_key_number(0), PT_OK, 3);
    pt_json_scope_end(&keys, &scope);
    pt_json_keys_done(&keys);
}

Test(keys, a_moved_key_is_found_and_a_forgotten_one_is_not) {
    pt_json_keys keys;
    pt_json_scope scope;
    const uint8_t *base = (const uint8_t *)"key.key";
    pt_json_keys_init(&keys);
    pt_json_scope_begin(&keys, &scope);
    add(&keys, &scope, base, pt_json_key_text(base, 0, 3), PT_OK, 0);
    pt_json_scope_move(&keys, &scope, 0, 4);
    cr_assert_eq(keys.all[scope.base].value, 4);
    add(&keys, &scope, base, pt_json_key_text(base, 0, 3), PT_ALREADY_EXISTS, 0);
    pt_json_scope_forget(&keys, &scope, 0);
    add(&keys, &scope, base, pt_json_key_text(base, 0, 3), PT_OK, 1);
    pt_json_scope_end(&keys, &scope);
    pt_json_keys_done(&keys);
}
