/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Codes and PINs by a security module: SoftHSM, as Debian has it, with a token made for each test.
 */
#include "connector_fixture.h"

#include "pkcs11.h"
#include "pin.h"
#include "seal.h"

#include <dlfcn.h>

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define TRACK CARD "=28121011%.4s00000"

enum { DES3_BYTES = 24 };

static struct ck_functions *functions;
static char pvv[5];

/* The keys of the tests, which the module gets by value. */
static const uint8_t aes_key[16] = "0123456789abcdef";
static const uint8_t hmac_key[32] = "an hmac key of thirty-two bytes.";
static const uint8_t pin_key[DES3_BYTES] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                             0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
                                             0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67 };

static ck_ulong key_create(ck_ulong session, const char *label, ck_ulong type, struct bytes value) {
    ck_ulong class = CKO_SECRET_KEY, object = 0;
    uint8_t yes = 1;
    struct ck_attribute attributes[] = {
        { CKA_CLASS, &class, sizeof class },
        { CKA_KEY_TYPE, &type, sizeof type },
        { CKA_TOKEN, &yes, 1 },
        { CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
        { CKA_VALUE, (void *)(uintptr_t)value.data, value.len },
        { CKA_SIGN, &yes, 1 },
        { CKA_ENCRYPT, &yes, 1 },
        { CKA_DECRYPT, &yes, 1 },
    };
    CHECK_INT((long long)functions->create_object(session, attributes, 8, &object), CKR_OK);
    return object;
}

static struct hsm_options options_of(void) {
    return (struct hsm_options){ .module = MODULE,
                                 .token = "edge",
                                 .pin = bytes_text("1234"),
                                 .keys = { "mac", "zpk", "pvk" } };
}

/* A session of its user, at an empty token. */
static ck_ulong token_make(void) {
    uint8_t pin[] = "1234", officer[] = "5678", label[33];
    ck_ulong slots[8], count = 8, session = 0;
    (void)snprintf((char *)label, sizeof label, "%-32s", "edge");
    CHECK_INT((long long)functions->get_slot_list(1, slots, &count), CKR_OK);
    CHECK_INT((long long)functions->init_token(slots[0], officer, 4, label), CKR_OK);
    count = 8;
    CHECK_INT((long long)functions->get_slot_list(1, slots, &count), CKR_OK);
    CHECK_INT((long long)functions->open_session(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION,
                                                 NULL, NULL, &session),
              CKR_OK);
    CHECK_INT((long long)functions->login(session, CKU_SO, officer, 4), CKR_OK);
    CHECK_INT((long long)functions->init_pin(session, pin, 4), CKR_OK);
    CHECK_INT((long long)functions->logout(session), CKR_OK);
    CHECK_INT((long long)functions->login(session, CKU_USER, pin, 4), CKR_OK);
    return session;
}

/* A token of its own in the test's directory; the library looks there by SOFTHSM2_CONF. */
static bool given_token(ck_ulong mac_type) {
    ck_ulong (*list)(struct ck_functions **) = NULL;
    ck_ulong session = 0;
    char *path = text_format("%s/softhsm.conf", test_dir());
    char *text = text_format("directories.tokendir = %s\nobjectstore.backend = file\n", test_dir());
    void *library = dlopen(MODULE, RTLD_NOW);
    if (!library) {
        printf("# skip: softhsm2 is not installed\n");
        return false;
    }
    CHECK_OK(disk_replace(disk_real(), path, bytes_text(text)));
    CHECK_INT(setenv("SOFTHSM2_CONF", path, 1), 0);
    *(void **)&list = dlsym(library, "C_GetFunctionList");
    CHECK_INT((long long)list(&functions), CKR_OK);
    CHECK_INT((long long)functions->initialize(NULL), CKR_OK);
    session = token_make();
    (void)key_create(session, "mac", mac_type,
                     mac_type == CKK_AES ? bytes_of(aes_key, 16) : bytes_of(hmac_key, 32));
    (void)key_create(session, "zpk", CKK_DES3, bytes_of(pin_key, DES3_BYTES));
    (void)key_create(session, "pvk", CKK_DES3, bytes_of(pin_key, DES3_BYTES));
    (void)functions->finalize(NULL);
    free(path);
    free(text);
    return true;
}

/* What a terminal makes: the block of ISO 9564 format 0. */
static void block_make(struct hsm *h, const char *pin, uint8_t out[HSM_BLOCK_BYTES]) {
    uint8_t clear[HSM_BLOCK_BYTES];
    size_t len = strlen(pin);
    memset(clear, 0xff, sizeof clear);
    clear[0] = (uint8_t)len;
    for (size_t i = 0; i < len; i++) {
        uint8_t shift = i % 2 ? 0 : 4;
        clear[1 + i / 2] = (uint8_t)((clear[1 + i / 2] & ~(15 << shift)) | (pin[i] - '0') << shift);
    }
    for (size_t i = 0; i < 12; i++)
        clear[2 + i / 2] ^= (uint8_t)((CARD[3 + i] - '0') << (i % 2 ? 0 : 4));
    CHECK_OK(hsm_encrypt(h, HSM_PIN_KEY, clear, out));
}

/* And what its issuer put on the track: index 1, the PIN's first four digits. */
static void pvv_make(struct hsm *h, const char *pin) {
    uint8_t maker[HSM_BLOCK_BYTES] = { 0 }, made[HSM_BLOCK_BYTES];
    char digits[17], text[17];
    size_t found = 0;
    (void)snprintf(digits, sizeof digits, "%.11s1%.4s", &CARD[4], pin);
    for (size_t i = 0; i < 16; i++)
        maker[i / 2] |= (uint8_t)((digits[i] - '0') << (i % 2 ? 0 : 4));
    CHECK_OK(hsm_encrypt(h, HSM_PVV_KEY, maker, made));
    for (size_t i = 0; i < 8; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", made[i]);
    for (size_t i = 0; i < 16 && found < 4; i++)
        if (text[i] <= '9')
            pvv[found++] = text[i];
    for (size_t i = 0; i < 16 && found < 4; i++)
        if (text[i] > '9')
            pvv[found++] = (char)('0' + text[i] - 'a');
}

TEST(a_pin_is_right_when_it_is_the_cards) {
    struct hsm *h = NULL;
    struct hsm_options options = options_of();
    uint8_t block[HSM_BLOCK_BYTES];
    bool right = false;
    if (!given_token(CKK_AES))
        return;
    CHECK_OK(hsm_open(&h, &options));
    pvv_make(h, "4321");
    char *track = text_format(TRACK, pvv);
    withdrawal_make("000001");
    message_put(35, track);
    CHECK(pin_is_wanted(h, &message));
    block_make(h, "4321", block);
    message.fields[52] = bytes_of(block, sizeof block);
    CHECK_OK(pin_check(h, &message, &right));
    CHECK(right);
    block_make(h, "4322", block);
    CHECK_OK(pin_check(h, &message, &right));
    CHECK(!right);
    block_make(h, "4321", block);
    block[7] ^= 1; /* no block at all any more */
    CHECK_OK(pin_check(h, &message, &right));
    CHECK(!right);
    block[7] ^= 1;
    message_put(35, CARD "=2812101"); /* nothing to hold it against */
    CHECK_OK(pin_check(h, &message, &right));
    CHECK(!right);
    message.fields[52].data = NULL;
    message.fields[52].len = 0;
    CHECK_OK(pin_check(h, &message, &right));
    CHECK(!right);
    memcpy(message.mti, "0220", 5); /* is not asked for one */
    CHECK(!pin_is_wanted(h, &message));
    hsm_close(h);
    free(track);
}

static void seal_make(struct hsm *h, const struct iso_dialect *d, struct buf *wire) {
    buf_clear(wire);
    seal_prepare(&message);
    CHECK_OK(iso_pack(d, &message, wire));
    CHECK_OK(seal_put(h, d, wire, 0));
}

static bool seal_reads(struct hsm *h, const struct iso_dialect *d, const struct buf *wire) {
    struct bytes found;
    size_t used = 0;
    bool right = false;
    CHECK(iso_frame_find(d, buf_bytes(wire), &found, &used) == ISO_FRAME_WHOLE);
    if (iso_unpack(d, found, &message))
        CHECK(message.mti[0]); /* what was changed may not be readable */
    CHECK_OK(seal_check(h, d, found, &message, &right));
    return right;
}

static void check_seal(const char *name, enum hsm_mac mac, ck_ulong key_type) {
    struct hsm *h = NULL;
    struct hsm_options options = options_of();
    struct buf wire = { 0 };
    if (!given_token(key_type))
        return;
    CHECK_OK(iso_dialect_open(&dialect, NULL, name));
    dialect.mac = mac;
    CHECK_OK(seal_dialect_check(&dialect));
    CHECK_OK(hsm_open(&h, &options));
    withdrawal_make("000001");
    seal_make(h, &dialect, &wire);
    CHECK(seal_reads(h, &dialect, &wire));
    wire.data[20] ^= 1; /* any byte before it */
    CHECK(!seal_reads(h, &dialect, &wire));
    withdrawal_make("000001");
    message_put(70, "301"); /* field 128 now */
    seal_make(h, &dialect, &wire);
    CHECK(seal_reads(h, &dialect, &wire));
    CHECK(message.fields[128].data && !message.fields[64].data);
    wire.data[wire.len - 1] ^= 1;
    CHECK(!seal_reads(h, &dialect, &wire));
    buf_finish(&wire);
    hsm_close(h);
}

TEST(a_message_is_authenticated_by_cmac) {
    check_seal("iso87", HSM_AES_CMAC, CKK_AES);
}

TEST(a_message_is_authenticated_by_hmac_in_the_packed_dialect) {
    check_seal("iso87-bcd", HSM_HMAC_SHA256, CKK_GENERIC_SECRET);
}

/* ---- at the edge */

/* In the middle of a text: the zero that ends `with` is not written. */
static void write_over(char *at, const char *with) {
    CHECK(at != NULL);
    while (*with)
        *at++ = *with++;
}

static char *strict_dialect(void) {
    char *path = text_format("%s/sealed.dialect", test_dir());
    struct bytes text = iso_dialect_shipped("iso87");
    char *sealed = text_format("%.*s", (int)text.len, (const char *)text.data);
    write_over(strstr(sealed, "mac      none 96              #"), "mac      aes-cmac 30 ");
    CHECK_OK(disk_replace(disk_real(), path, bytes_text(sealed)));
    free(sealed);
    return path;
}

static void given_sealed_connector(const char *more) {
    char *path = strict_dialect();
    char *pin = text_format("%s/pin", test_dir());
    CHECK_OK(disk_replace(disk_real(), pin, bytes_text("1234\n")));
    char *parameters = text_format("%s&hsm=%s&hsm_token=edge&hsm_pin_file=%s&mac_key=mac%s", path,
                                   MODULE, pin, more);
    given_connector(parameters);
    free(parameters);
    free(path);
    free(pin);
}

static void sealed_send(struct client *c, struct hsm *h) {
    struct buf wire = { 0 };
    seal_make(h, &dialect, &wire);
    connection_send(c->connection, buf_bytes(&wire));
    buf_finish(&wire);
}

TEST(what_is_not_authenticated_is_answered_as_the_dialect_says_and_logged) {
    struct client c;
    struct hsm *h = NULL;
    struct hsm_options options = options_of();
    bool right = false;
    if (!given_token(CKK_AES))
        return;
    given_sealed_connector("");
    CHECK_OK(hsm_open(&h, &options));
    client_open(&c);
    withdrawal_send(&c, "000001"); /* without a code */
    answer_wait(&c);
    check_answer("0210", "30");
    CHECK_INT(asked_count, 0);
    CHECK_INT((long long)event_count(EV_mac_wrong), 1);
    withdrawal_make("000001");
    memcpy(message.mti, "0220", 5);
    client_send(&c); /* not even an advice */
    answer_wait(&c);
    check_answer("0230", "30");
    CHECK_INT(asked_count, 0);
    withdrawal_make("000001");
    sealed_send(&c, h);
    asked_wait(1);
    CHECK(reply(tickets[0], "{\"code\":\"00\"}"));
    int64_t end = clock_steady_ms(clock_real()) + PATIENCE_MS;
    struct bytes found;
    size_t used = 0;
    while (iso_frame_find(&dialect, buf_bytes(&c.received), &found, &used) != ISO_FRAME_WHOLE) {
        CHECK(clock_steady_ms(clock_real()) < end);
        loop_turn(loop, 10);
    }
    CHECK_OK(iso_unpack(&dialect, found, &message));
    CHECK_OK(seal_check(h, &dialect, found, &message, &right));
    CHECK(right); /* the answer is sealed too */
    check_answer("0210", "00");
    client_close(&c);
    hsm_close(h);
    finish();
}

TEST(a_wrong_pin_is_handed_over_as_one_also_in_a_repeat_and_a_module_that_went_away_is_96) {
    struct client c;
    struct hsm *h = NULL;
    struct hsm_options options = options_of();
    uint8_t block[HSM_BLOCK_BYTES];
    if (!given_token(CKK_AES))
        return;
    given_sealed_connector("&pin_key=zpk&pvv_key=pvk");
    CHECK_OK(hsm_open(&h, &options));
    client_open(&c);
    pvv_make(h, "4321");
    char *track = text_format(TRACK, pvv);
    block_make(h, "9999", block);
    withdrawal_make("000001");
    message_put(35, track);
    message.fields[52] = bytes_of(block, sizeof block);
    sealed_send(&c, h);
    asked_wait(1);
    CHECK_TEXT(asked_type, "pin-wrong-asked");
    CHECK(reply(tickets[0], "{\"code\":\"55\"}"));
    answer_wait(&c);
    CHECK_BYTES(message.fields[39], bytes_text("55"));
    withdrawal_make("000001");
    message.mti[3] = '1';
    message_put(35, track);
    message.fields[52] = bytes_of(block, sizeof block);
    sealed_send(&c, h);
    asked_wait(2); /* whether its first copy had it they know who are asked */
    CHECK_TEXT(asked_type, "pin-wrong-asked");
    CHECK(reply(tickets[1], "{\"code\":\"55\"}"));
    answer_wait(&c);
    CHECK_BYTES(message.fields[39], bytes_text("55"));
    block_make(h, "4321", block);
    withdrawal_make("000002");
    message_put(35, track);
    message.fields[52] = bytes_of(block, sizeof block);
    sealed_send(&c, h);
    asked_wait(3);
    withdrawal_make("000003");
    struct buf wire = { 0 };
    seal_make(h, &dialect, &wire);
    CHECK_INT((long long)functions->finalize(NULL), CKR_OK); /* for the edge too */
    connection_send(c.connection, buf_bytes(&wire));
    answer_wait(&c);
    check_answer("0210", "96");
    CHECK(event_count(EV_hsm_away) >= 1);
    CHECK(reply(tickets[2], "{\"code\":\"00\"}")); /* cannot be sealed: not said, but asked again */
    closed_wait(&c);
    buf_finish(&wire);
    client_close(&c);
    hsm_close(h);
    finish();
    free(track);
}

static void check_no_module(struct hsm_options options, const char *story) {
    struct hsm *h = NULL;
    CHECK_ERROR(hsm_open(&h, &options), E_config);
    CHECK(h == NULL);
    CHECK_STORY(story);
}

TEST(a_module_that_cannot_be_used_says_why) {
    struct hsm_options options = options_of();
    options.module = "/nowhere.so";
    check_no_module(options, "\"/nowhere.so\" is no PKCS#11 module");
    if (!given_token(CKK_AES))
        return;
    options = options_of();
    options.token = "other";
    check_no_module(options, "no token \"other\"");
    options = options_of();
    options.pin = bytes_text("0000");
    check_no_module(options, "lets nobody in");
    options = options_of();
    options.keys[HSM_PVV_KEY] = "none";
    check_no_module(options, "no secret key \"none\"");
}
