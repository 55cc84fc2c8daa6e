#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From a clone to the comparison: installs what is missing, builds the wengert command, compares the two forms of
# BatchNorm on real data, trains a classifier with each and draws their graphs into ./wengert-out/.
set -euo pipefail
cd "$(dirname "$0")/.."

bash tools/setup.sh build
command -v ninja > /dev/null && export CMAKE_GENERATOR="${CMAKE_GENERATOR:-Ninja}"

echo "quickstart: building"
mkdir -p build
{
  cmake --preset release -D WENGERT_BUILD_TESTS=OFF -D WENGERT_BUILD_BENCH=OFF
  cmake --build --preset release --target wengert --parallel "$(nproc)"
} > build/quickstart.log 2>&1 || {
  tail -n 40 build/quickstart.log
  echo "quickstart: the build failed; all of it is in build/quickstart.log" >&2
  exit 1
}
wengert=build/release/tools/wengert

compare() {
  echo
  echo "\$ wengert compare batch_norm $*"
  "$wengert" compare batch_norm "$@"
}
mkdir -p wengert-out
compare --input tools/data/digits_images.npy --report wengert-out/batch_norm.html
compare --input tools/data/conv_nchw.npy --layout NCHW

echo
echo "\$ wengert train --norm batch_norm --form both"
"$wengert" train --norm batch_norm --form both

for form in staged fused; do
  "$wengert" graph batch_norm --form "$form" -o "wengert-out/batch_norm_$form.svg"
  "$wengert" graph batch_norm --form "$form" --backward -o "wengert-out/batch_norm_${form}_backward.svg"
done
echo
echo "The report and the graphs, to open in a browser:"
printf '  %s\n' "$PWD"/wengert-out/batch_norm.html "$PWD"/wengert-out/batch_norm_{staged,fused}{,_backward}.svg
