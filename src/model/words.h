/* SPDX-License-Identifier: Apache-2.0
 *
 * How AWS spells the enums of a config: what properties are read by and what is
 * shown of them.  Each by its enum, NULL at the end.
 */
#ifndef SLUICE_MODEL_WORDS_H
#define SLUICE_MODEL_WORDS_H

extern const char *const protocol_words[];         /* HTTP, HTTPS */
extern const char *const protocol_version_words[]; /* HTTP1 ... */
extern const char *const target_type_words[];      /* instance ... */
extern const char *const action_type_words[];      /* forward ... */

#endif
