#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# BatchNorm's time and accuracy, ours beside oneDNN's, PyTorch's and plain Eigen's, and the floors of memory; then
# the other norms beside the floors.
#   bash tools/bench.sh               installs the peers where it can, builds, prints the tables, writes wengert-out/*.json
#   bash tools/bench.sh NHWC          only shapes whose name contains that
# SECONDS_A_SHAPE=4 makes it steadier, QUANTILE=0.1 serves a busy machine, THREADS=1 leaves the second thread out.
set -euo pipefail
cd "$(dirname "$0")/.."

bash tools/setup.sh build bench
bash tools/setup.sh peers || echo "bench: going on without the peers that are missing" >&2
command -v ninja > /dev/null && export CMAKE_GENERATOR="${CMAKE_GENERATOR:-Ninja}"

mkdir -p build wengert-out
{
  cmake --preset bench
  cmake --build --preset bench --target peers norms accuracy variance --parallel "$(nproc)"
} > build/bench.log 2>&1 || {
  tail -n 40 build/bench.log
  echo "bench: the build failed; all of it is in build/bench.log" >&2
  exit 1
}
# The peers run on OpenMP. Where others use the machine too, a thread of theirs that spins can keep the other one from
# ever running.
export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-2000}"

default_threads=1
[[ $(nproc) -ge 2 ]] && default_threads=1,2
measure=(--seconds "${SECONDS_A_SHAPE:-2}" --quantile "${QUANTILE:-0.5}")
build/bench/bench/peers "$@" "${measure[@]}" --threads "${THREADS:-$default_threads}" --json wengert-out/peers_float32.json
echo
build/bench/bench/peers "$@" "${measure[@]}" --dtype float64 --json wengert-out/peers_float64.json
echo
build/bench/bench/norms "$@" "${measure[@]}"
echo
build/bench/bench/norms "$@" "${measure[@]}" --dtype float64
echo
build/bench/bench/accuracy --json wengert-out/accuracy_float32.json
echo
build/bench/bench/variance
