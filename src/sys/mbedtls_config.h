/*
 * What of mbedTLS 3.6 is compiled into the program: a TLS 1.2 and 1.3 client that knows ECDHE with
 * AEAD suites and nothing else. Whatever is not named here does not exist in the binary, and so
 * cannot be negotiated, attacked, or switched on by mistake. Each line has its reason; a line that
 * loses its reason goes. sys/tls decides at run time only among what is here.
 */
#ifndef SENTRY_SCIM_SYS_MBEDTLS_CONFIG_H
#define SENTRY_SCIM_SYS_MBEDTLS_CONFIG_H

/* Platform */

/* Bignum and AES kernels in assembly: three times the speed of C in RSA and ECC. */
#define MBEDTLS_HAVE_ASM
/* Without both of these, certificates are accepted whatever their dates. */
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE
/* Hooks for the counting, capped, wiping allocator (sys/heap) and for --assume-time. */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_TIME_ALT
/* Results that must be looked at are marked, so that the compiler insists. */
#define MBEDTLS_CHECK_RETURN_WARNING
#define MBEDTLS_DEPRECATED_REMOVED
/* All random bytes come from mbedtls_psa_external_get_random() in sys/tls_config, which takes them
   from sys/entropy: 3.6 itself reads /dev/random under musl. No generator of its own is needed. */
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG

/* Protocol */

#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_PROTO_TLS1_3
/* Only (EC)DHE with certificates: no pre-shared keys, so no tickets and no early data either. */
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
/* RFC 8446 D.4: passes middleboxes that expect to see a TLS 1.2 resumption. */
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
/* RFC 7627: binds the TLS 1.2 master secret to the handshake (triple handshake attack). */
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
/* TLS 1.3 verifies the peer's signature with it; public-key pins and messages read it. */
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_ALPN
/* The server's administrator sees in a log why the handshake ended. */
#define MBEDTLS_SSL_ALL_ALERT_MESSAGES
/* Servers may send full records and ignore requests for smaller ones (RFC 6066 4). */
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
/* Larger than nearly every request; longer ones take more records. Saves 12 KiB a connection. */
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096

/* Ciphers and hashes */

#define MBEDTLS_AES_C
#define MBEDTLS_GCM_C
/* Hardware AES and carry-less multiplication where the processor has them, found at run time. */
#define MBEDTLS_AESNI_C
#define MBEDTLS_AESCE_C
/* Tables in read-only memory cost no start-up time and no 8 KiB of dirty memory a process; one
   table of each kind instead of four, rotated, saves 6 KiB of file. */
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
#define MBEDTLS_CIPHER_C
#define MBEDTLS_MD_C
/* Only to read the old roots that signed themselves with SHA-1, a fifth of Mozilla's list,
   DigiCert's and GlobalSign's among them: without it they cannot be parsed as trust anchors, and in
   TLS 1.3 a chain that ends in one fails. sys/tls_config allows SHA-1 in no signature that is
   verified. */
#define MBEDTLS_SHA1_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
/* The key schedule of TLS 1.3 (through PSA). */
#define MBEDTLS_HKDF_C
/* TLS 1.3 is written against the PSA interface. No persistent keys, so no storage. */
#define MBEDTLS_PSA_CRYPTO_C
/* A slot is allocated when it is taken: a connection needs few of them, and all are counted. */
#define MBEDTLS_PSA_KEY_STORE_DYNAMIC

/* Public keys */

#define MBEDTLS_BIGNUM_C
/* RSA up to 8192 bits: bounds the work that a peer can cause by a certificate. */
#define MBEDTLS_MPI_MAX_SIZE 1024
#define MBEDTLS_ECP_C
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
/* Reduction made for the NIST primes: four times the speed of division. */
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
/* RSA-PSS: TLS 1.3 signs with it whenever the key is RSA, and so do some TLS 1.2 servers. */
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT

/* Certificates, and the private key of a client certificate */

#define MBEDTLS_ASN1_PARSE_C
/* ECDSA signatures of a client certificate's key are DER. */
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_OID_C
#define MBEDTLS_PK_C
/* Unencrypted PKCS#1, SEC 1 and PKCS#8 keys. What the library has for encrypted ones would bring
   CBC, and with it the CBC suites of TLS 1.2: sys/tls_key does that. */
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
/* Asks sys/trust for the issuer that a chain lacks, instead of holding 140 roots in memory. */
#define MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK
/* Longer chains are junk or an attack; public ones have one or two intermediates. */
#define MBEDTLS_X509_MAX_INTERMEDIATE_CA 8
/* sys/tls words its own messages. */
#define MBEDTLS_X509_REMOVE_INFO

#endif
