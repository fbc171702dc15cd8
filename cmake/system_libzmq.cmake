# Finds libzmq with pkg-config: the target PkgConfig::LIBZMQ.
set(OHMQ_LIBZMQ_MINIMUM 4.3.2)
set(OHMQ_HOW_TO_INSTALL
    "Debian: apt-get install libzmq3-dev pkg-config; Fedora: dnf install zeromq-devel pkgconf; macOS: brew install zeromq pkg-config")

# The leading blank keeps CMake from wrapping the one line that says what to do.
find_package(PkgConfig QUIET)
if(NOT PKG_CONFIG_FOUND)
  message(FATAL_ERROR " ohmq: pkg-config was not found. ${OHMQ_HOW_TO_INSTALL}")
endif()
pkg_check_modules(LIBZMQ QUIET IMPORTED_TARGET libzmq)
if(NOT LIBZMQ_FOUND)
  message(FATAL_ERROR " ohmq: libzmq was not found by pkg-config. ${OHMQ_HOW_TO_INSTALL}")
endif()
if(LIBZMQ_VERSION VERSION_LESS OHMQ_LIBZMQ_MINIMUM)
  message(FATAL_ERROR " ohmq: libzmq ${LIBZMQ_VERSION} is too old, \
${OHMQ_LIBZMQ_MINIMUM} or later is needed. ${OHMQ_HOW_TO_INSTALL}")
endif()
message(STATUS "libzmq ${LIBZMQ_VERSION}")

