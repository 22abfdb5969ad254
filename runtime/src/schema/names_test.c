#include "schema/names.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT 3000

/* Names that differ in one place only, of all lengths up to 40. */
static void make_name(size_t i, char name[48]) {
    size_t len = 1 + i % 40;
    memset(name, 'n', len);
    name[len] = '\0';
    name[i / 40 % len] = (char)('a' + i / 40 / len % 26);
}

Test(names, every_name_is_found_and_no_other) {
    static char names[COUNT][48];
    static pt_name_slot slots[8192];
    pt_names table;
    cr_assert_eq(pt_names_slots(COUNT), 8192);
    pt_names_init(&table, slots, 8192, pt_name_seed_new());
    for (size_t i = 0; i < COUNT; i++) {
        make_name(i, names[i]);
        pt_names_put(&table, names[i], strlen(names[i]), (uint32_t)i);
    }
    for (size_t i = 0; i < COUNT; i++) {
        size_t len = strlen(names[i]);
        char *copy = malloc(len + 1); /* exactly, so that reads beyond are seen */
        memcpy(copy, names[i], len);
        const pt_name_slot *slot = pt_names_find(&table, copy, len);
        cr_assert_not_null(slot);
        cr_assert_str_eq(names[slot->value], names[i]); /* equal names: the first */
        cr_assert_leq(slot->value, i);
        copy[len] = 'Z';
        cr_assert_null(pt_names_find(&table, copy, len + 1));
        copy[len / 2] = 'Z';
        cr_assert_null(pt_names_find(&table, copy, len));
        free(copy);
    }
    cr_assert_null(pt_names_find(&table, "", 0));
}

/* A beginning of the name whose hash looks the same. */
Test(names, lengths_are_compared_too) {
    pt_name_slot slots[2] = {{0}};
    pt_names table;
    pt_names_init(&table, slots, 2, (pt_name_seed){1, 2});
    uint64_t hash = pt_name_hash(table.seed, "abc", 3);
    slots[hash & 1] = (pt_name_slot){"abcd", 4, (uint16_t)(hash >> 48), 0};
    cr_assert_null(pt_names_find(&table, "abc", 3));
    slots[hash & 1].len = 3;
    cr_assert_not_null(pt_names_find(&table, "abc", 3));
}

Test(names, an_empty_table_finds_nothing) {
    pt_name_slot slots[2] = {{0}};
    pt_names table;
    cr_assert_eq(pt_names_slots(0), 2);
    pt_names_init(&table, slots, 2, (pt_name_seed){1, 2});
    cr_assert_null(pt_names_find(&table, "x", 1));
    cr_assert_null(pt_names_find(&table, NULL, 0));
}

Test(names, slots_are_at_most_half_full) {
    static const size_t counts[] = {0, 1, 2, 3, 4, 63, 64, 65, 1000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint32_t n = pt_names_slots(counts[i]);
        cr_assert_geq(n, counts[i] * 2);
        cr_assert_eq(n & (n - 1), 0);
    }
}

/* The middle of long names counts, and so does the seed. */
Test(names, hashes_spread) {
    pt_name_seed seed = {0x1234567890abcdef, 0xfedcba0987654321};
    char name[] = "first_half_of_a_long_name_second_half";
    uint64_t before = pt_name_hash(seed, name, sizeof name - 1);
    for (size_t i = 0; i < sizeof name - 1; i++) {
        char kept = name[i];
        name[i] = '!';
        cr_assert_neq(pt_name_hash(seed, name, sizeof name - 1), before, "%zu", i);
        name[i] = kept;
    }
    seed.a++;
    cr_assert_neq(pt_name_hash(seed, name, sizeof name - 1), before);
}
