/* SPDX-License-Identifier: Apache-2.0 */
#include "model/words.h"

#include "model/config.h"

const char *const protocol_words[] = {
    [PROTOCOL_HTTP] = "HTTP",
    [PROTOCOL_HTTPS] = "HTTPS",
    [PROTOCOL_HTTPS + 1] = NULL,
};

const char *const protocol_version_words[] = {
    [VERSION_HTTP1] = "HTTP1",
    [VERSION_HTTP2] = "HTTP2",
    [VERSION_GRPC] = "GRPC",
    [VERSION_GRPC + 1] = NULL,
};

const char *const target_type_words[] = {
    [TARGET_TYPE_INSTANCE] = "instance",
    [TARGET_TYPE_IP] = "ip",
    [TARGET_TYPE_LAMBDA] = "lambda",
    [TARGET_TYPE_LAMBDA + 1] = NULL,
};

const char *const action_type_words[] = {
    [ACTION_FORWARD] = "forward",
    [ACTION_REDIRECT] = "redirect",
    [ACTION_FIXED_RESPONSE] = "fixed-response",
    [ACTION_AUTHENTICATE_OIDC] = "authenticate-oidc",
    [ACTION_AUTHENTICATE_COGNITO] = "authenticate-cognito",
    [ACTION_JWT_VALIDATION] = "jwt-validation",
    [ACTION_JWT_VALIDATION + 1] = NULL,
};
