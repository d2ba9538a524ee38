/*
 * AES-128-GCM for libsrtp2 on OpenSSL, with the key schedule kept from packet to packet.
 *
 * Debian's libsrtp2 computes AES-GCM with NSS, which makes a session of its own for every single packet: a third of the worker's time with 250
 * speakers, and more for each packet the more keys there are. libsrtp2 lets a cipher be replaced, and accepts the new one only when it passes
 * the old one's tests (RFC 7714 says what it has to do); protocol, key derivation and replay protection stay libsrtp2's.
 */
#include <stdlib.h>
#include <openssl/evp.h>
#include <srtp2/srtp.h>
#include <srtp2/cipher.h>

#define KEY_BYTES 16
#define IV_BYTES 12

typedef struct {
	EVP_CIPHER_CTX* context;
	int tag_bytes;
} gcm_state;

static const srtp_cipher_type_t aes_gcm_128;

static srtp_err_status_t gcm_alloc(srtp_cipher_pointer_t* made, int key_bytes, int tag_bytes)
{
	*made = NULL;
	if (key_bytes != SRTP_AES_GCM_128_KEY_LEN_WSALT || (tag_bytes != 16 && tag_bytes != 8)) return srtp_err_status_bad_param;
	srtp_cipher_t* cipher = calloc(1, sizeof(*cipher));
	gcm_state* state = calloc(1, sizeof(*state));
	EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
	if (!cipher || !state || !context) {
		EVP_CIPHER_CTX_free(context);
		free(state);
		free(cipher);
		return srtp_err_status_alloc_fail;
	}
	state->context = context;
	state->tag_bytes = tag_bytes;
	cipher->type = &aes_gcm_128;
	cipher->state = state;
	cipher->key_len = key_bytes;
	cipher->algorithm = SRTP_AES_GCM_128;
	*made = cipher;
	return srtp_err_status_ok;
}

static srtp_err_status_t gcm_dealloc(srtp_cipher_pointer_t cipher)
{
	gcm_state* state = cipher->state;
	/* Overwrites the key schedule, too. */
	if (state) EVP_CIPHER_CTX_free(state->context);
	free(state);
	free(cipher);
	return srtp_err_status_ok;
}

/* The salt behind the key is libsrtp2's: it makes the initialisation vectors of it. */
static srtp_err_status_t gcm_init(void* opaque, const uint8_t* key)
{
	gcm_state* state = opaque;
	if (EVP_CIPHER_CTX_reset(state->context) != 1) return srtp_err_status_init_fail;
	const int done = EVP_CipherInit_ex(state->context, EVP_aes_128_gcm(), NULL, key, NULL, 1);
	return done == 1 ? srtp_err_status_ok : srtp_err_status_init_fail;
}

static srtp_err_status_t gcm_set_iv(void* opaque, uint8_t* iv, srtp_cipher_direction_t direction)
{
	gcm_state* state = opaque;
	if (direction != srtp_direction_encrypt && direction != srtp_direction_decrypt) return srtp_err_status_bad_param;
	const int done = EVP_CipherInit_ex(state->context, NULL, NULL, NULL, iv, direction == srtp_direction_encrypt ? 1 : 0);
	return done == 1 ? srtp_err_status_ok : srtp_err_status_cipher_fail;
}

/* May be called several times for one packet: SRTCP has additional data at both ends. */
static srtp_err_status_t gcm_set_aad(void* opaque, const uint8_t* data, uint32_t bytes)
{
	gcm_state* state = opaque;
	int written = 0;
	if (bytes == 0) return srtp_err_status_ok;
	return EVP_CipherUpdate(state->context, NULL, &written, data, (int)bytes) == 1 ? srtp_err_status_ok : srtp_err_status_algo_fail;
}

static srtp_err_status_t gcm_encrypt(void* opaque, uint8_t* buffer, unsigned int* bytes)
{
	gcm_state* state = opaque;
	int written = 0;
	/* A packet that is authenticated but not encrypted comes without a buffer. */
	if (!buffer || *bytes == 0) return srtp_err_status_ok;
	if (EVP_EncryptUpdate(state->context, buffer, &written, buffer, (int)*bytes) != 1) return srtp_err_status_cipher_fail;
	return (unsigned int)written == *bytes ? srtp_err_status_ok : srtp_err_status_cipher_fail;
}

static srtp_err_status_t gcm_get_tag(void* opaque, uint8_t* tag, uint32_t* bytes)
{
	gcm_state* state = opaque;
	int written = 0;
	if (EVP_EncryptFinal_ex(state->context, tag, &written) != 1) return srtp_err_status_algo_fail;
	if (EVP_CIPHER_CTX_ctrl(state->context, EVP_CTRL_AEAD_GET_TAG, state->tag_bytes, tag) != 1) return srtp_err_status_algo_fail;
	*bytes = (uint32_t)state->tag_bytes;
	return srtp_err_status_ok;
}

/* The tag is the end of the buffer; what is answered is the length without it. */
static srtp_err_status_t gcm_decrypt(void* opaque, uint8_t* buffer, unsigned int* bytes)
{
	gcm_state* state = opaque;
	if (*bytes < (unsigned int)state->tag_bytes) return srtp_err_status_bad_param;
	const int text_bytes = (int)*bytes - state->tag_bytes;
	int written = 0;
	if (EVP_CIPHER_CTX_ctrl(state->context, EVP_CTRL_AEAD_SET_TAG, state->tag_bytes, buffer + text_bytes) != 1) return srtp_err_status_algo_fail;
	if (text_bytes > 0 && EVP_DecryptUpdate(state->context, buffer, &written, buffer, text_bytes) != 1) return srtp_err_status_cipher_fail;
	if (EVP_DecryptFinal_ex(state->context, buffer + text_bytes, &written) != 1) return srtp_err_status_auth_fail;
	*bytes = (unsigned int)text_bytes;
	return srtp_err_status_ok;
}

/* RFC 7714, section 16.1.1. */
static const uint8_t test_key[SRTP_AES_GCM_128_KEY_LEN_WSALT] = {
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d,
	0x0e, 0x0f, 0x51, 0x75, 0x69, 0x64, 0x20, 0x70, 0x72, 0x6f, 0x20, 0x71, 0x75, 0x6f,
};
static uint8_t test_iv[IV_BYTES] = { 0x51, 0x75, 0x3c, 0x65, 0x80, 0xc2, 0x72, 0x6f, 0x20, 0x71, 0x84, 0x14 };
static const uint8_t test_aad[] = { 0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41, 0xf8, 0xd3, 0x55, 0x01, 0xa0, 0xb2 };
static const uint8_t test_plain[] = {
	0x47, 0x61, 0x6c, 0x6c, 0x69, 0x61, 0x20, 0x65, 0x73, 0x74, 0x20, 0x6f, 0x6d, 0x6e, 0x69, 0x73, 0x20, 0x64, 0x69,
	0x76, 0x69, 0x73, 0x61, 0x20, 0x69, 0x6e, 0x20, 0x70, 0x61, 0x72, 0x74, 0x65, 0x73, 0x20, 0x74, 0x72, 0x65, 0x73,
};
static const uint8_t test_cipher[] = {
	0xf2, 0x4d, 0xe3, 0xa3, 0xfb, 0x34, 0xde, 0x6c, 0xac, 0xba, 0x86, 0x1c, 0x9d, 0x7e, 0x4b, 0xca, 0xbe, 0x63,
	0x3b, 0xd5, 0x0d, 0x29, 0x4e, 0x6f, 0x42, 0xa5, 0xf4, 0x7a, 0x51, 0xc7, 0xd1, 0x9b, 0x36, 0xde, 0x3a, 0xdf,
	0x88, 0x33, 0x89, 0x9d, 0x7f, 0x27, 0xbe, 0xb1, 0x6a, 0x91, 0x52, 0xcf, 0x76, 0x5e, 0xe4, 0x39, 0x0c, 0xce,
};
static const srtp_cipher_test_case_t test_case = {
	.key_length_octets = sizeof(test_key),
	.key = test_key,
	.idx = test_iv,
	.plaintext_length_octets = sizeof(test_plain),
	.plaintext = test_plain,
	.ciphertext_length_octets = sizeof(test_cipher),
	.ciphertext = test_cipher,
	.aad_length_octets = sizeof(test_aad),
	.aad = test_aad,
	.tag_length_octets = 16,
	.next_test_case = NULL,
};

static const srtp_cipher_type_t aes_gcm_128 = {
	.alloc = gcm_alloc,
	.dealloc = gcm_dealloc,
	.init = gcm_init,
	.set_aad = gcm_set_aad,
	.encrypt = gcm_encrypt,
	.decrypt = gcm_decrypt,
	.set_iv = gcm_set_iv,
	.get_tag = gcm_get_tag,
	.description = "AES-128 GCM on OpenSSL",
	.test_data = &test_case,
	.id = SRTP_AES_GCM_128,
};

/* Takes the place of srtp_init() in the worker: one that can't have this cipher does not start. */
srtp_err_status_t stand_in_srtp_init(void)
{
	const srtp_err_status_t status = srtp_init();
	return status == srtp_err_status_ok ? srtp_replace_cipher_type(&aes_gcm_128, SRTP_AES_GCM_128) : status;
}
