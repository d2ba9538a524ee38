#pragma once
// The part of libsrtp3's interface that the mediasoup worker uses, on top of Debian's libsrtp2.
// libsrtp3 writes to a second buffer of a given capacity; libsrtp2 works in place and trusts that there is room.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

// libsrtp2 and libsrtp3 both call their policy `srtp_policy_t`; libsrtp2's steps aside.
#define srtp_policy_t srtp2_policy_t
#include <srtp2/srtp.h>
#undef srtp_policy_t

// libsrtp2 with the cipher of aes-gcm.c.
extern "C" srtp_err_status_t stand_in_srtp_init(void);
#define srtp_init stand_in_srtp_init

#define srtp_err_status_buffer_small static_cast<srtp_err_status_t>(28)
#define srtp_err_status_cryptex_err static_cast<srtp_err_status_t>(29)

namespace stand_in_srtp {
using prot_fn = srtp_err_status_t (*)(srtp_t, void*, int*);
// libsrtp2 works in place: copy the packet to the output, then protect it there.
inline srtp_err_status_t protect(prot_fn fn, srtp_t ctx, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t extra)
{
	if (inLen + extra > *outLen) return srtp_err_status_buffer_small;
	if (out != in) std::memmove(out, in, inLen);
	int len = static_cast<int>(inLen);
	const srtp_err_status_t err = fn(ctx, out, &len);
	if (err == srtp_err_status_ok) *outLen = static_cast<size_t>(len);
	return err;
}
inline srtp_err_status_t unprotect(prot_fn fn, srtp_t ctx, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen)
{
	if (inLen > *outLen) return srtp_err_status_buffer_small;
	if (out != in) std::memmove(out, in, inLen);
	int len = static_cast<int>(inLen);
	const srtp_err_status_t err = fn(ctx, out, &len);
	if (err == srtp_err_status_ok) *outLen = static_cast<size_t>(len);
	return err;
}
}

inline srtp_err_status_t srtp_protect(srtp_t ctx, const uint8_t* rtp, size_t rtpLen, uint8_t* srtp, size_t* srtpLen, size_t)
{
	return stand_in_srtp::protect(static_cast<stand_in_srtp::prot_fn>(::srtp_protect), ctx, rtp, rtpLen, srtp, srtpLen, SRTP_MAX_TRAILER_LEN);
}
inline srtp_err_status_t srtp_protect_rtcp(srtp_t ctx, const uint8_t* rtcp, size_t rtcpLen, uint8_t* srtcp, size_t* srtcpLen, size_t)
{
	return stand_in_srtp::protect(static_cast<stand_in_srtp::prot_fn>(::srtp_protect_rtcp), ctx, rtcp, rtcpLen, srtcp, srtcpLen, SRTP_MAX_TRAILER_LEN + 4);
}
inline srtp_err_status_t srtp_unprotect(srtp_t ctx, const uint8_t* srtp, size_t srtpLen, uint8_t* rtp, size_t* rtpLen)
{
	return stand_in_srtp::unprotect(static_cast<stand_in_srtp::prot_fn>(::srtp_unprotect), ctx, srtp, srtpLen, rtp, rtpLen);
}
inline srtp_err_status_t srtp_unprotect_rtcp(srtp_t ctx, const uint8_t* srtcp, size_t srtcpLen, uint8_t* rtcp, size_t* rtcpLen)
{
	return stand_in_srtp::unprotect(static_cast<stand_in_srtp::prot_fn>(::srtp_unprotect_rtcp), ctx, srtcp, srtcpLen, rtcp, rtcpLen);
}
inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return ::srtp_remove_stream(session, ssrc);
}

// The worker gives each session one master key, so one buffer beside the policy is enough.
struct stand_in_srtp3_policy
{
	srtp2_policy_t p;
	unsigned char key[SRTP_MAX_KEY_LEN];
};
using srtp_policy_t = stand_in_srtp3_policy*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
	auto* x = new (std::nothrow) stand_in_srtp3_policy;
	if (!x) return srtp_err_status_alloc_fail;
	std::memset(x, 0, sizeof(*x));
	*policy = x;
	return srtp_err_status_ok;
}
inline void srtp_policy_destroy(srtp_policy_t policy)
{
	if (!policy) return;
	volatile unsigned char* k = policy->key;
	for (size_t i = 0; i < sizeof(policy->key); ++i) k[i] = 0;
	delete policy;
}
inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	policy->p.ssrc = ssrc;
	return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	// For *_SHA1_32 this keeps the 80-bit tag in RTCP, as RFC 3711 (section 5.2) asks.
	srtp_err_status_t err = srtp_crypto_policy_set_from_profile_for_rtp(&policy->p.rtp, profile);
	if (err == srtp_err_status_ok) err = srtp_crypto_policy_set_from_profile_for_rtcp(&policy->p.rtcp, profile);
	return err;
}
inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy, const uint8_t* key, size_t keyLen, const uint8_t* salt, size_t saltLen, const uint8_t*, size_t)
{
	if (keyLen + saltLen > sizeof(policy->key)) return srtp_err_status_bad_param;
	std::memcpy(policy->key, key, keyLen);
	std::memcpy(policy->key + keyLen, salt, saltLen);
	policy->p.key = policy->key;
	return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
	policy->p.allow_repeat_tx = allow ? 1 : 0;
	return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t size)
{
	policy->p.window_size = size;
	return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	return ::srtp_create(session, static_cast<const srtp2_policy_t*>(&policy->p));
}
