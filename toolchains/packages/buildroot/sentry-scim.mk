################################################################################
#
# sentry-scim
#
################################################################################

SENTRY_SCIM_VERSION = 0.1.0
SENTRY_SCIM_SITE = https://sentry-scim.invalid/releases
SENTRY_SCIM_LICENSE = MIT, Apache-2.0 or GPL-2.0+ (mbedTLS), MIT (musl), MPL-2.0 (CA certificates)
SENTRY_SCIM_LICENSE_FILES = LICENSE
SENTRY_SCIM_EXTRA_DOWNLOADS = \
	https://github.com/Mbed-TLS/mbedtls/releases/download/mbedtls-3.6.7/mbedtls-3.6.7.tar.bz2 \
	https://musl.libc.org/releases/musl-1.2.5.tar.gz \
	https://ftp.mozilla.org/pub/security/nss/releases/NSS_3_110_RTM/src/nss-3.110.tar.gz

# Named as third_party/obtain looks for them
define SENTRY_SCIM_PLACE_PINNED
	mkdir -p $(@D)/third_party/dist
	cp $(SENTRY_SCIM_DL_DIR)/mbedtls-3.6.7.tar.bz2 $(@D)/third_party/dist/mbedtls_3.6.7.orig.tar.bz2
	cp $(SENTRY_SCIM_DL_DIR)/musl-1.2.5.tar.gz $(@D)/third_party/dist/musl_1.2.5.orig.tar.gz
	cp $(SENTRY_SCIM_DL_DIR)/nss-3.110.tar.gz $(@D)/third_party/dist/nss_3.110.orig.tar.gz
endef
SENTRY_SCIM_POST_EXTRACT_HOOKS += SENTRY_SCIM_PLACE_PINNED

# The build takes a compiler by the name of a file.
define SENTRY_SCIM_CONFIGURE_CMDS
	printf '%s\n' 'CROSS := $(TARGET_CROSS)' 'CC := $(TARGET_CROSS)gcc' 'MUSL := yes' \
		'HEADERS := $(addprefix $(STAGING_DIR)/usr/include/,asm linux asm-generic)' \
		'CPU := $(filter -m%,$(TARGET_CFLAGS))' 'BUDGET := 1048576' \
		>$(@D)/toolchains/buildroot-linux-musl.mk
endef

define SENTRY_SCIM_BUILD_CMDS
	$(MAKE) -C $(@D) TARGET=buildroot-linux-musl build/buildroot-linux-musl/sentry-scim
endef

define SENTRY_SCIM_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0755 $(@D)/build/buildroot-linux-musl/sentry-scim \
		$(TARGET_DIR)/usr/bin/sentry-scim
endef

$(eval $(generic-package))
