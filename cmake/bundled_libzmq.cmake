# Builds libzmq and libsodium from source, as static libraries that become part of the extension
# module. Sets the target `bundled_libzmq`, and installs the licences of all that is in it beside ours.
#
# Sources: a release tarball that is pinned by its hash, or OHMQ_LIBZMQ_SOURCE and
# OHMQ_LIBSODIUM_SOURCE: each a folder, or a tarball on this machine.
#
# libsodium, because libzmq 4.3.5 no longer carries tweetnacl, and because tweetnacl has no code
# for vector units: CURVE would be several times slower.
include(ExternalProject)
enable_language(CXX)

set(OHMQ_LIBZMQ_VERSION 4.3.5)
set(OHMQ_LIBZMQ_URL "https://github.com/zeromq/libzmq/archive/refs/tags/v4.3.5.tar.gz")
set(OHMQ_LIBZMQ_SHA256 6c972d1e6a91a0ecd79c3236f04cf0126f2f4dfbbad407d72b4606a7ba93f9c6)
set(OHMQ_LIBSODIUM_URL "https://download.libsodium.org/libsodium/releases/libsodium-1.0.20.tar.gz")
set(OHMQ_LIBSODIUM_SHA256 ebb65ef6ca439333c2bb41a0c1990587288da07f6c7fd07cb3a18cc18d30ce19)

set(OHMQ_LIBZMQ_SOURCE "" CACHE STRING "Folder or tarball with the source of libzmq")
set(OHMQ_LIBSODIUM_SOURCE "" CACHE STRING "Folder or tarball with the source of libsodium")

set(OHMQ_BUNDLED_PREFIX "${CMAKE_CURRENT_BINARY_DIR}/bundled" CACHE PATH
    "Where the libraries are built; builds for several Pythons may share it")
set(PREFIX "${OHMQ_BUNDLED_PREFIX}")
if(WIN32)
  # libsodium's build on Windows is a Visual Studio solution: there vcpkg installs the library.
  message(FATAL_ERROR " ohmq: OHMQ_LIBZMQ=bundled builds libsodium with its configure script, \
which Windows cannot run. Install libzmq with vcpkg (libzmq[curve,draft,sodium,websockets]) and \
use OHMQ_LIBZMQ=system")
endif()

# Arguments of ExternalProject_Add that say where a source comes from.
function(ohmq_source_of result source url sha256)
  if("${source}" STREQUAL "")
    set(${result} URL "${url}" URL_HASH "SHA256=${sha256}" PARENT_SCOPE)
    return()
  endif()
  get_filename_component(source "${source}" ABSOLUTE)
  if(NOT EXISTS "${source}")
    message(FATAL_ERROR " ohmq: ${source} was not found: name the source's folder or tarball")
  elseif(IS_DIRECTORY "${source}")
    # A copy is built: the folder stays as it is. (URL takes a folder, too, and copies it.)
    set(${result} URL "${source}" PARENT_SCOPE)
  else()
    set(${result} URL "${source}" URL_HASH "SHA256=${sha256}" PARENT_SCOPE)
  endif()
endfunction()
ohmq_source_of(SODIUM_SOURCE "${OHMQ_LIBSODIUM_SOURCE}" "${OHMQ_LIBSODIUM_URL}" "${OHMQ_LIBSODIUM_SHA256}")
ohmq_source_of(ZMQ_SOURCE "${OHMQ_LIBZMQ_SOURCE}" "${OHMQ_LIBZMQ_URL}" "${OHMQ_LIBZMQ_SHA256}")

# Unused functions go when the module is linked.
set(SECTIONS "-O2 -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections")

string(JOIN " " SODIUM_CC ${CMAKE_C_COMPILER} ${CMAKE_C_COMPILER_ARG1})
set(SODIUM_HOST "")
if(OHMQ_HOST)
  set(SODIUM_HOST "--host=${OHMQ_HOST}")
endif()
# --enable-minimal leaves out what libzmq never calls.
# The check for static programs, of which there are none, would have the whole of musl compiled.
ExternalProject_Add(bundled_libsodium
  ${SODIUM_SOURCE}
  PREFIX "${PREFIX}/libsodium"
  CONFIGURE_COMMAND <SOURCE_DIR>/configure --prefix=${PREFIX} --libdir=${PREFIX}/lib ${SODIUM_HOST}
                    --disable-shared --enable-static --enable-minimal --disable-dependency-tracking
                    --disable-ssp --quiet "CC=${SODIUM_CC}" "AR=${CMAKE_AR}" "RANLIB=${CMAKE_RANLIB}"
                    "CFLAGS=${SECTIONS}" lt_cv_prog_compiler_static_works=no
  BUILD_COMMAND make -s V=0
  INSTALL_COMMAND make -s V=0 install
  COMMAND "${CMAKE_COMMAND}" -E copy <SOURCE_DIR>/LICENSE ${PREFIX}/LICENSE.libsodium
  BUILD_BYPRODUCTS "${PREFIX}/lib/libsodium.a")

ExternalProject_Add(bundled_libzmq_build
  ${ZMQ_SOURCE}
  DEPENDS bundled_libsodium
  PREFIX "${PREFIX}/libzmq"
  CMAKE_ARGS
    -DCMAKE_POLICY_VERSION_MINIMUM=3.5
    -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_INSTALL_PREFIX=${PREFIX} -DCMAKE_INSTALL_LIBDIR=lib
    -DCMAKE_PREFIX_PATH=${PREFIX}
    -DSODIUM_INCLUDE_DIRS=${PREFIX}/include -DSODIUM_LIBRARIES=${PREFIX}/lib/libsodium.a
    -DCMAKE_SYSTEM_NAME=${CMAKE_SYSTEM_NAME}
    -DCMAKE_SYSTEM_PROCESSOR=${CMAKE_SYSTEM_PROCESSOR}
    -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
    -DCMAKE_AR=${CMAKE_AR} -DCMAKE_RANLIB=${CMAKE_RANLIB}
    "-DCMAKE_C_FLAGS=${SECTIONS}" "-DCMAKE_CXX_FLAGS=${SECTIONS} -fvisibility-inlines-hidden"
    -DCMAKE_C_FLAGS_RELEASE=-DNDEBUG -DCMAKE_CXX_FLAGS_RELEASE=-DNDEBUG
    -DCMAKE_OSX_DEPLOYMENT_TARGET=${CMAKE_OSX_DEPLOYMENT_TARGET}
    -DBUILD_SHARED=OFF -DBUILD_STATIC=ON -DBUILD_TESTS=OFF -DZMQ_BUILD_TESTS=OFF
    -DWITH_PERF_TOOL=OFF -DWITH_DOCS=OFF -DENABLE_CPACK=OFF -DENABLE_PRECOMPILED=OFF
    -DENABLE_DRAFTS=ON -DENABLE_CURVE=ON -DWITH_LIBSODIUM=ON -DWITH_LIBSODIUM_STATIC=ON
    -DENABLE_WS=ON -DENABLE_RADIX_TREE=OFF -DWITH_NSS=OFF -DWITH_TLS=OFF -DWITH_LIBBSD=OFF
    -DWITH_OPENPGM=OFF -DWITH_NORM=OFF -DWITH_VMCI=OFF
  INSTALL_COMMAND "${CMAKE_COMMAND}" --install <BINARY_DIR>
  COMMAND "${CMAKE_COMMAND}" -E copy <SOURCE_DIR>/LICENSE ${PREFIX}/LICENSE.libzmq
  # libzmq has SHA-1, for WebSocket, from another project.
  COMMAND "${CMAKE_COMMAND}" -E copy <SOURCE_DIR>/external/sha1/license.txt ${PREFIX}/LICENSE.sha1
  BUILD_BYPRODUCTS "${PREFIX}/lib/libzmq.a")

add_library(bundled_libzmq INTERFACE)
add_dependencies(bundled_libzmq bundled_libzmq_build)
file(MAKE_DIRECTORY "${PREFIX}/include")
target_include_directories(bundled_libzmq INTERFACE "${PREFIX}/include")
# The draft functions are there: they need not be looked for at run time.
target_compile_definitions(bundled_libzmq INTERFACE ZMQ_STATIC ZMQ_BUILD_DRAFT_API)
target_link_libraries(bundled_libzmq INTERFACE "${PREFIX}/lib/libzmq.a" "${PREFIX}/lib/libsodium.a")
if(UNIX AND NOT APPLE)
  # No symbol leaves the module, so that it never meets another libzmq of the process.
  target_link_libraries(bundled_libzmq INTERFACE pthread rt)
  target_link_options(bundled_libzmq INTERFACE
    "-Wl,--gc-sections" "-Wl,-s"
    "-Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/exports.map"
    -static-libstdc++ -static-libgcc)
elseif(APPLE)
  target_link_options(bundled_libzmq INTERFACE "-Wl,-exported_symbol,_PyInit__native" "-Wl,-dead_strip")
endif()
if(DEFINED SKBUILD_METADATA_DIR)
  install(FILES "${PREFIX}/LICENSE.libzmq" "${PREFIX}/LICENSE.libsodium" "${PREFIX}/LICENSE.sha1"
          DESTINATION "${SKBUILD_METADATA_DIR}/licenses")
endif()
