/* SPDX-License-Identifier: Apache-2.0
 *
 * Countries that AWS WAF knows: the 249 codes of ISO 3166-1 and XK (aws-waf.md
 * 2.7).
 */
#include "model/read_waf.h"

/* By the first letter of a code, what may be its second. */
static const char *const seconds[26] = {
    ['A' - 'A'] = "DEFGILMOQRSTUWXZ",
    ['B' - 'A'] = "ABDEFGHIJLMNOQRSTVWYZ",
    ['C' - 'A'] = "ACDFGHIKLMNORUVWXYZ",
    ['D' - 'A'] = "EJKMOZ",
    ['E' - 'A'] = "CEGHRST",
    ['F' - 'A'] = "IJKMOR",
    ['G' - 'A'] = "ABDEFGHILMNPQRSTUWY",
    ['H' - 'A'] = "KMNRTU",
    ['I' - 'A'] = "DELMNOQRST",
    ['J' - 'A'] = "EMOP",
    ['K' - 'A'] = "EGHIMNPRWYZ",
    ['L' - 'A'] = "ABCIKRSTUVY",
    ['M' - 'A'] = "ACDEFGHKLMNOPQRSTUVWXYZ",
    ['N' - 'A'] = "ACEFGILOPRUZ",
    ['O' - 'A'] = "M",
    ['P' - 'A'] = "AEFGHKLMNRSTWY",
    ['Q' - 'A'] = "A",
    ['R' - 'A'] = "EOSUW",
    ['S' - 'A'] = "ABCDEGHIJKLMNORSTVXYZ",
    ['T' - 'A'] = "CDFGHJKLMNORTVWZ",
    ['U' - 'A'] = "AGMSYZ",
    ['V' - 'A'] = "ACEGINU",
    ['W' - 'A'] = "FS",
    ['X' - 'A'] = "K",
    ['Y' - 'A'] = "ET",
    ['Z' - 'A'] = "AMW",
};

bool waf_is_country(struct str code)
{
    const char *second;

    if (code.n != 2 || code.p[0] < 'A' || code.p[0] > 'Z' || code.p[1] == '\0')
        return false;
    second = seconds[code.p[0] - 'A'];
    return second && strchr(second, code.p[1]);
}
