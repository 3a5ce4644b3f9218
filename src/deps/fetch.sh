#!/bin/sh
# Fetches the pinned third-party sources and unpacks them into one folder each.
# SPDX-License-Identifier: MIT
#
# usage: src/deps/fetch.sh DIR
#
# The tarballs come from Debian through apt; apt.sh says how to choose a mirror. Elsewhere, put the same tarballs
# (names and checksums below) into DIR/dl, or point CMake's EMOVOX_DEPS at a folder that holds the unpacked sources;
# then nothing is downloaded.
set -eu
. "$(dirname "$0")/apt.sh"

sums='90bde2caef0f880f627bab0dc805a86c4b8070cd98e3243db3046ab3f3be1a99  xnnpack_0.0~git20241108.4ea82e5.orig.tar.xz
4cc3cbd933b28131d2a34edc54f76af9fb41bc490af5eae1a5bd3cd07ea90708  pthreadpool_0.0~git20240616.560c60d.orig.tar.xz
7953482badaf4cb34026c3487c257b8e4ab2df061c019bd6fabbbc12ad52c44b  fxdiv_0.0~git20200417.b408327.orig.tar.xz
7d7782b37b74136e0e12593a2a93ccbe7db831f4374cc408e44623d9b708b54e  fp16_0.0~git20200514.4dfe081.orig.tar.xz
76c1aac87ddb7258f34b08a13f0eebf9e53afa299857568346aa5c82bcafaf1a  kissfft_131.1.0.orig.tar.gz
3aa806844a03442c00769b83e99970be70fbef03735ff898f4811dd03b9f5ee5  cjson_1.7.18.orig.tar.gz
8c777343e4a6399569c72abc38a95b24db56882c83dbdb6c6424a5f4aeb54d3d  speexdsp_1.2.1.orig.tar.gz'

dest=${1:?usage: fetch.sh DIR}
mkdir -p "$dest/dl"
dest=$(cd "$dest" && pwd)
cd "$dest/dl"

if ! echo "$sums" | sha256sum -c --quiet >/dev/null 2>&1; then
  command -v apt-get >/dev/null || {
    echo "fetch.sh: no apt-get here. Put these files into $dest/dl and run again:" >&2
    echo "$sums" >&2
    exit 1
  }
  private_apt "$dest/.apt" deb-src
  apt-get -qq source --tar-only --download-only xnnpack pthreadpool fxdiv fp16 kissfft cjson speexdsp
  echo "$sums" | sha256sum -c --quiet
fi

for file in *.orig.tar.*; do
  name=${file%%_*}
  stamp="$dest/$name/.unpacked"
  [ "$(cat "$stamp" 2>/dev/null)" = "$file" ] && continue
  rm -rf "${dest:?}/$name"
  mkdir "$dest/$name"
  strip=1
  [ "$name" = xnnpack ] && strip=0 # Debian's xnnpack tarball has no top folder
  tar xf "$file" -C "$dest/$name" --strip-components=$strip
  echo "$file" > "$stamp"
done
