/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The little of PKCS#11 2.40 (OASIS) that is asked of a security module: names and numbers are the
 * standard's, the functions stand in the order of its CK_FUNCTION_LIST. */
#ifndef OCTAVO_CONNECTORS_ISO8583_PKCS11_H
#define OCTAVO_CONNECTORS_ISO8583_PKCS11_H

#include <stdint.h>

typedef unsigned long ck_ulong; /* the standard's own: as long as a long, also a handle */
typedef void (*ck_other)(void);

enum ck_number {
    CKR_OK = 0,
    CKR_USER_ALREADY_LOGGED_IN = 0x100,
    CKR_CRYPTOKI_ALREADY_INITIALIZED = 0x191,
    CKF_RW_SESSION = 2,
    CKF_SERIAL_SESSION = 4,
    CKU_SO = 0,
    CKU_USER = 1,
    CKO_SECRET_KEY = 4,
    CKA_CLASS = 0,
    CKA_TOKEN = 1,
    CKA_LABEL = 3,
    CKA_VALUE = 0x11,
    CKA_KEY_TYPE = 0x100,
    CKA_ENCRYPT = 0x104,
    CKA_DECRYPT = 0x105,
    CKA_SIGN = 0x108,
    CKK_GENERIC_SECRET = 0x10,
    CKK_DES2 = 0x14,
    CKK_DES3 = 0x15,
    CKK_AES = 0x1f,
    CKM_DES3_ECB = 0x132,
    CKM_SHA256_HMAC = 0x251,
    CKM_AES_CMAC = 0x108a,
};

struct ck_version {
    uint8_t major, minor;
};

struct ck_mechanism {
    ck_ulong mechanism;
    void *parameter;
    ck_ulong parameter_len;
};

struct ck_attribute {
    ck_ulong type;
    void *value;
    ck_ulong len;
};

struct ck_token_info {
    uint8_t label[32]; /* blanks behind */
    uint8_t manufacturer[32], model[16], serial[16];
    ck_ulong numbers[11];
    struct ck_version hardware, firmware;
    uint8_t utc[16];
};

struct ck_functions {
    struct ck_version version;
    ck_ulong (*initialize)(void *arguments);
    ck_ulong (*finalize)(void *reserved);
    ck_other get_info, get_function_list;
    ck_ulong (*get_slot_list)(uint8_t token_present, ck_ulong *slots, ck_ulong *count);
    ck_other get_slot_info;
    ck_ulong (*get_token_info)(ck_ulong slot, struct ck_token_info *info);
    ck_other mechanisms[2];
    ck_ulong (*init_token)(ck_ulong slot, uint8_t *pin, ck_ulong pin_len, uint8_t label[32]);
    ck_ulong (*init_pin)(ck_ulong session, uint8_t *pin, ck_ulong pin_len);
    ck_other set_pin;
    ck_ulong (*open_session)(ck_ulong slot, ck_ulong flags, void *application, ck_other notify,
                             ck_ulong *session);
    ck_ulong (*close_session)(ck_ulong session);
    ck_other sessions[4];
    ck_ulong (*login)(ck_ulong session, ck_ulong user, uint8_t *pin, ck_ulong pin_len);
    ck_ulong (*logout)(ck_ulong session);
    ck_ulong (*create_object)(ck_ulong session, struct ck_attribute *attributes, ck_ulong count,
                              ck_ulong *object);
    ck_other objects[5];
    ck_ulong (*find_objects_init)(ck_ulong session, struct ck_attribute *wanted, ck_ulong count);
    ck_ulong (*find_objects)(ck_ulong session, ck_ulong *objects, ck_ulong most, ck_ulong *count);
    ck_ulong (*find_objects_final)(ck_ulong session);
    ck_ulong (*encrypt_init)(ck_ulong session, struct ck_mechanism *how, ck_ulong key);
    ck_ulong (*encrypt)(ck_ulong session, uint8_t *data, ck_ulong len, uint8_t *out,
                        ck_ulong *out_len);
    ck_other encrypt_parts[2];
    ck_ulong (*decrypt_init)(ck_ulong session, struct ck_mechanism *how, ck_ulong key);
    ck_ulong (*decrypt)(ck_ulong session, uint8_t *data, ck_ulong len, uint8_t *out,
                        ck_ulong *out_len);
    ck_other decrypt_parts[2];
    ck_other digests[5];
    ck_ulong (*sign_init)(ck_ulong session, struct ck_mechanism *how, ck_ulong key);
    ck_ulong (*sign)(ck_ulong session, uint8_t *data, ck_ulong len, uint8_t *out,
                     ck_ulong *out_len);
};

#endif
