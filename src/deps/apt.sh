# Sourced by the fetch scripts. SPDX-License-Identifier: MIT
#
# private_apt DIR TYPE makes apt-get work on one Debian suite, with a state folder of its own in DIR: the system's
# sources and lists stay untouched. TYPE is deb or deb-src.
#   EMOVOX_DEPS_MIRROR  a Debian mirror (default: the system's own)
#   EMOVOX_DEPS_SUITE   a Debian suite (default: trixie)
private_apt() {
  mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/sources.d"
  mirror=${EMOVOX_DEPS_MIRROR:-$(apt-get indextargets --format '$(ORIGIN) $(SITE) $(REPO_URI)' |
    awk '$1 == "Debian" && $3 !~ /security/ { print $3; exit }')}
  cat > "$1/sources.d/deps.sources" <<END
Types: $2
URIs: $mirror
Suites: ${EMOVOX_DEPS_SUITE:-trixie}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
  cat > "$1/apt.conf" <<END
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$1/sources.d";
Dir::State::Lists "$1/lists";
Dir::Cache "$1/cache";
APT::Get::Only-Source "1";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
END
  export APT_CONFIG="$1/apt.conf"
  apt-get -qq update
}
