/* SPDX-License-Identifier: Apache-2.0 */
#include "store/redis_script.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/kept.h"

/* KEYS: the hash.  ARGV: revision and sha before, revision, sha and document
 * after.  The channel has the key's name. */
static const char script[] =
    "local k = KEYS[1]\n"
    "local r = redis.call('HGET', k, 'revision')\n"
    "if r and ARGV[1] ~= '' then\n"
    "  local have, want = tonumber(r), tonumber(ARGV[1])\n"
    "  if have > want or have == want and\n"
    "     redis.call('HGET', k, 'sha') ~= ARGV[2] then\n"
    "    return redis.call('HMGET', k, 'revision', 'sha', 'document')\n"
    "  end\n"
    "end\n"
    "redis.call('HMSET', k, 'revision', ARGV[3], 'sha', ARGV[4], "
    "'document', ARGV[5])\n"
    "redis.call('PUBLISH', k, ARGV[3])\n"
    "return 'saved'\n";

bool redis_text_make(struct redis_text *made, const struct document *document)
{
    struct sha256 sha;

    made->text = kept_json(document);
    if (made->text.p == NULL || !sha256_init(&sha)) {
        free((char *)(uintptr_t)made->text.p);
        return false;
    }
    sha256_begin(&sha);
    sha256_add(&sha, made->text.p, made->text.n);
    sha256_hex(&sha, made->sha);
    made->sha[SHA256_HEX_LEN] = '\0';
    sha256_end(&sha);
    snprintf(made->revision, sizeof(made->revision), "%llu",
             (unsigned long long)document->account->revision);
    return true;
}

void redis_text_end(struct redis_text *made)
{
    free((char *)(uintptr_t)made->text.p);
    made->text = (struct str){NULL, 0};
}

void redis_write_command(const struct redis_place *place,
                         const char *before_revision, const char *before_sha,
                         const struct redis_text *after,
                         struct str words[REDIS_WRITE_WORDS])
{
    words[0] = STR("EVAL");
    words[1] = str_of(script);
    words[2] = STR("1");
    words[3] = place->key;
    words[4] = str_of(before_revision);
    words[5] = str_of(before_sha);
    words[6] = str_of(after->revision);
    words[7] = str_of(after->sha);
    words[8] = after->text;
}

int redis_read_command(const struct redis_place *place, bool whole,
                       struct str words[REDIS_READ_WORDS])
{
    words[0] = STR("HMGET");
    words[1] = place->key;
    words[2] = STR("revision");
    words[3] = STR("sha");
    words[4] = STR("document");
    return whole ? 5 : 4;
}

static struct str text_of(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? str_make(reply->str, reply->len)
                                             : (struct str){NULL, 0};
}

bool redis_read_head(const redisReply *reply, struct redis_head *head,
                     struct error *error)
{
    struct str revision;
    struct str sha;

    *head = (struct redis_head){.there = false};
    if (reply->type == REDIS_REPLY_ERROR)
        return error_set(error, "%.300s", reply->str);
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2)
        return error_set(error, "what it answers is not what was asked for");
    revision = text_of(reply->element[0]);
    sha = text_of(reply->element[1]);
    if (revision.p == NULL && sha.p == NULL)
        return true;
    if (revision.p == NULL || sha.n != SHA256_HEX_LEN ||
        !str_to_u64(revision, UINT64_MAX, &head->revision))
        return error_set(error, "what stands under the key is no account of "
                                "Sluice's; choose another one with ?key=NAME");
    memcpy(head->sha, sha.p, sha.n);
    head->sha[sha.n] = '\0';
    head->there = true;
    return true;
}

struct document *redis_read_document(const redisReply *reply,
                                     struct error *error)
{
    struct str text = {NULL, 0};

    if (reply->type == REDIS_REPLY_ARRAY && reply->elements >= 3)
        text = text_of(reply->element[2]);
    if (text.p == NULL) {
        error_set(error, "there is no document under the key");
        return NULL;
    }
    return kept_read(text, error);
}

bool redis_wrote(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING &&
           str_eq(text_of(reply), STR("saved"));
}
