#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing, and only that; says first what it will install. For the other scripts:
#   bash tools/setup.sh build          to build the library and the wengert command
#   bash tools/setup.sh build test     the test and benchmark libraries as well
#   bash tools/setup.sh build test check   and the other compiler, the sanitizers and the formatter
#   bash tools/setup.sh build bench peers  the benchmark library, and the libraries that ours are compared with
set -euo pipefail

build=(g++ cmake ninja-build pkg-config libeigen3-dev libhwy-dev
       libfmt-dev nlohmann-json3-dev libcli11-dev libxtensor-dev xtl-dev
       libgraphviz-dev fonts-dejavu-core gnuplot-nox)
test=(catch2 librapidcheck-dev libbenchmark-dev)
bench=(libbenchmark-dev)
peers=(libdnnl-dev libtorch-dev)
check=(clang-14 libclang-rt-14-dev libomp-14-dev clang-format-14)

wanted=()
for set in "$@"; do
  case "$set" in
    build) wanted+=("${build[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    check) wanted+=("${check[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    peers) wanted+=("${peers[@]}") ;;
    *) echo "setup: unknown set \"$set\", expected build, test, check, bench or peers" >&2; exit 2 ;;
  esac
done

[[ -n "${WENGERT_SKIP_SETUP:-}" ]] && exit 0

if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
  cat >&2 << END
setup: this is not a Debian-like system, so nothing was installed. What is needed, by Debian's names:
  ${wanted[*]}
Install the like (GCC 12 or Clang 14, CMake 3.25 or newer), then run again with WENGERT_SKIP_SETUP=1.
END
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2> /dev/null || true)
  [[ "$status" == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

install=(apt-get install -y --no-install-recommends "${missing[@]}")
as_root=()
if [[ $EUID -ne 0 ]]; then
  if ! command -v sudo > /dev/null; then
    echo "setup: these packages are missing, and without root or sudo they cannot be installed here. As root, run" >&2
    echo "  ${install[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "setup: installing ${missing[*]}"
as_root+=(env DEBIAN_FRONTEND=noninteractive)
"${as_root[@]}" apt-get update -q || echo "setup: the package lists could not all be refreshed; trying all the same" >&2
if ! "${as_root[@]}" "${install[@]}" < /dev/null; then
  echo "setup: the installation failed. Still missing: ${missing[*]}" >&2
  exit 1
fi
