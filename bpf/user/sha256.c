// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* SHA-256 (FIPS 180-4), for the digest of our own file and of what we are given to load. */
#include <stdlib.h>
#include <string.h>
#include "sensor.h"

static const __u32 constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static __u32 turn(__u32 word, int bits)
{
	return word >> bits | word << (32 - bits);
}

static void compress(__u32 state[8], const __u8 block[64])
{
	__u32 w[64], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = (__u32)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
	for (int i = 16; i < 64; i++) {
		__u32 a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
		__u32 b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;

		w[i] = w[i - 16] + a + w[i - 7] + b;
	}
	memcpy(v, state, sizeof(v));
	for (int i = 0; i < 64; i++) {
		__u32 one = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) +
			    constants[i] + w[i];
		__u32 two = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) +
			    ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += one;
		v[0] = one + two;
	}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
}

void sha256(const void *data, size_t length, __u8 digest[32])
{
	__u32 state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	const __u8 *bytes = data;
	size_t whole = length / 64 * 64, rest = length - whole;
	__u8 last[128] = {0};
	size_t end = rest < 56 ? 64 : 128;

	for (size_t i = 0; i < whole; i += 64)
		compress(state, bytes + i);
	memcpy(last, bytes + whole, rest);
	last[rest] = 0x80;
	for (int i = 0; i < 8; i++)
		last[end - 1 - i] = (__u64)length * 8 >> 8 * i;
	for (size_t i = 0; i < end; i += 64)
		compress(state, last + i);
	for (int i = 0; i < 32; i++)
		digest[i] = state[i / 4] >> (24 - i % 4 * 8);
}

bool sha256_file(const char *path, __u8 digest[32])
{
	FILE *file = fopen(path, "rb");
	char *bytes = NULL;
	long length = -1;

	if (!file)
		return false;
	if (!fseek(file, 0, SEEK_END))
		length = ftell(file);
	rewind(file);
	if (length >= 0)
		bytes = malloc(length + 1);
	if (!bytes || fread(bytes, 1, length, file) != (size_t)length)
		length = -1;
	else
		sha256(bytes, length, digest);
	free(bytes);
	fclose(file);
	return length >= 0;
}

void hex(const __u8 *bytes, size_t length, char *text)
{
	for (size_t i = 0; i < length; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
}
