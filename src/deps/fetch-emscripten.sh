#!/bin/sh
# Fetches Debian's Emscripten 3.1.69, which makes valid relaxed SIMD, for a Debian whose own Emscripten is older.
# SPDX-License-Identifier: MIT
#
# usage: src/deps/fetch-emscripten.sh DIR
#
# The packages come through apt (apt.sh says how to choose a mirror) and are unpacked into DIR, not installed. They use
# the system's clang-19, lld-19 and llvm-19. What fails, fails with one sentence, the last line of the output. To do
# without the network, put the packages (names and checksums below) into DIR/dl.
set -eu
. "$(dirname "$0")/apt.sh"

# Of these, the last three are for binaryen, which needs a newer libc than the system's.
packages='emscripten=3.1.69+dfsg-3 binaryen=120-4 libc6=2.41-12+deb13u4 libgcc-s1=14.2.0-19 libstdc++6=14.2.0-19'
sums='d2ac788b952c56ab6736b4db2ac0825aa63cfb4c08b8abaefe19e324779d1b2d  emscripten_3.1.69+dfsg-3_all.deb
47be56009e56170f4338a0154fbff2028bd607bc3c8b6a5414658a985bef6470  binaryen_120-4_amd64.deb
967aa62605721081c3eb2a17650611a792aa802d76a6511d1840242623d204c9  libc6_2.41-12+deb13u4_amd64.deb
3c71917b490d1a17aed43196a2787a256ecf060526cdb20216a74bedc061b150  libgcc-s1_14.2.0-19_amd64.deb
ab1fa05837aa7a92aae748fd07a18a35f7d18bb4a71c4724fe2bbf0e32089de0  libstdc++6_14.2.0-19_amd64.deb'

fail() {
  echo "$1" >&2
  exit 1
}

dest=${1:?usage: fetch-emscripten.sh DIR}
mkdir -p "$dest/dl"
dest=$(cd "$dest" && pwd)
stamp="$dest/.unpacked"
[ "$(cat "$stamp" 2>/dev/null)" = "$dest $sums" ] && exit

[ "$(uname -sm)" = 'Linux x86_64' ] || fail 'The Emscripten that it needs is for x86-64 Linux only.'
for program in apt-get dpkg; do
  command -v $program >/dev/null || fail "The Emscripten that it needs comes from Debian, and there is no $program here."
done
cd "$dest/dl"
if ! echo "$sums" | sha256sum -c --quiet >/dev/null 2>&1; then
  private_apt "$dest/.apt" deb || fail 'Debian could not be reached for the Emscripten that it needs.'
  apt-get -qq download $packages ||
    fail "Debian did not give $packages; EMOVOX_DEPS_MIRROR may name an archive that keeps old versions."
  echo "$sums" | sha256sum -c --quiet || fail 'The Emscripten that was fetched is not the one expected.'
fi

rm -rf "$dest/usr"
for file in *.deb; do dpkg -x "$file" "$dest"; done
emscripten="$dest/usr/share/emscripten"
rm -r "$emscripten"/cache/sysroot/lib/wasm32-emscripten/*pic # for dynamic linking: a gigabyte that is not needed
lib="$dest/usr/lib/x86_64-linux-gnu"
mkdir -p "$dest/binaryen/bin"
for program in "$dest"/usr/bin/wasm*; do
  wrapper="$dest/binaryen/bin/$(basename "$program")"
  printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' \
    "$lib/ld-linux-x86-64.so.2" "$lib" "$program" > "$wrapper"
  chmod +x "$wrapper"
done
printf "BINARYEN_ROOT = '%s'\nNODE_JS = 'node'\n" "$dest/binaryen" >> "$emscripten/.emscripten"
"$dest/binaryen/bin/wasm-opt" --version >/dev/null || fail 'The Emscripten that it needs does not run here.'
rm -r "$dest/dl" # a quarter of a gigabyte
echo "$dest $sums" > "$stamp"
