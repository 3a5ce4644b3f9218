#!/bin/sh
# Fetches Debian's Emscripten 3.1.69, which makes valid relaxed SIMD, for a Debian whose own Emscripten is older.
# SPDX-License-Identifier: MIT
#
# usage: src/deps/fetch-emscripten.sh DIR
#
# The packages come through apt (apt.sh says how to choose a mirror) and are unpacked into DIR, not installed. They use
# the system's clang-19, lld-19 and llvm-19. What fails, fails with one sentence, the last line of the output.
set -eu
. "$(dirname "$0")/apt.sh"

packages='emscripten=3.1.69+dfsg-3 binaryen=120-4'
sums='d2ac788b952c56ab6736b4db2ac0825aa63cfb4c08b8abaefe19e324779d1b2d  emscripten_3.1.69+dfsg-3_all.deb
47be56009e56170f4338a0154fbff2028bd607bc3c8b6a5414658a985bef6470  binaryen_120-4_amd64.deb'
# What binaryen runs with, as the system's may be older: updated in a stable Debian, so any version that it has signed.
runtime='libc6 libgcc-s1 libstdc++6'

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
private_apt "$dest/.apt" deb || fail 'Debian could not be reached for the Emscripten that it needs.'
apt-get -qq download $packages $runtime ||
  fail "Debian did not give $packages; EMOVOX_DEPS_MIRROR may name an archive that keeps old versions."
echo "$sums" | sha256sum -c --quiet || fail 'The Emscripten that was fetched is not the one expected.'

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
