# Shared by the tools: where we are, and how packages get here. Sourced, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

# need PACKAGE...: installs what is missing, in one go; says nothing when all is there.
need() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "Installing: ${missing[*]}"
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

need_to_build() {
  need g++ cmake ninja-build ccache mold pkg-config libboost1.81-dev libssl-dev libsimdjson-dev nlohmann-json3-dev libfmt-dev \
    libexpected-dev libsqlite3-dev libzstd-dev libpugixml-dev libyaml-cpp-dev libcli11-dev libcurl4-openssl-dev libre2-dev libpcre2-dev libdeflate-dev libisal-dev libqrencode-dev libgtest-dev
}

# build PRESET [TARGET...]: configures if needed and builds.
build() {
  local preset=$1
  shift
  [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >/dev/null
  cmake --build --preset "$preset" ${1:+--target "$@"} >&2
}
