#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the release build does not show: the format, both compilers with warnings as errors, and all tests under the
# sanitizers. One line a stage; the whole output of a stage is in build/check/.
#   bash tools/check.sh               all stages
#   bash tools/check.sh format asan   some of them
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

stages=("$@")
[[ ${#stages[@]} -eq 0 ]] && stages=(format dev clang asan tsan)

bash tools/setup.sh build test check || exit 1
command -v ninja > /dev/null && export CMAKE_GENERATOR="${CMAKE_GENERATOR:-Ninja}"

build() { cmake --preset "$1" && cmake --build --preset "$1" --parallel "$(nproc)"; }
build_and_test() { build "$1" && ctest --preset "$1" --parallel "$(nproc)"; }

run_stage() {
  case "$1" in
    format)
      find autodiff layers tools bench tests \( -name '*.h' -o -name '*.cpp' \) -print0 |
        xargs -0 clang-format-14 --dry-run --Werror
      ;;
    dev | clang | asan | tsan) build_and_test "$1" ;;
    *) echo "unknown stage, expected format, dev, clang, asan or tsan"; return 2 ;;
  esac
}

mkdir -p build/check
failed=0
for stage in "${stages[@]}"; do
  log="build/check/$stage.log"
  start=$SECONDS
  if run_stage "$stage" > "$log" 2>&1; then
    verdict=passed
  else
    verdict=FAILED
    failed=$((failed + 1))
    tail -n 80 "$log"
  fi
  tests=$(grep -Eo '[0-9]+ tests failed out of [0-9]+' "$log" | tail -n 1)
  printf 'check: %-6s  %s  %4d s  %s\n' "$stage" "$verdict" $((SECONDS - start)) "$tests"
done
[[ $failed -eq 0 ]]
