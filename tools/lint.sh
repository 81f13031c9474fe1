#!/usr/bin/env bash
# What ./dev lint is made of, for the files git tracks and those not yet added.
#   tools/lint.sh format [OPTION...]            clang-format over all C++
#   tools/lint.sh clang-tidy PRESET             the sources, without the analyzer: what check runs
#   tools/lint.sh clang-tidy PRESET all|changed all of it over all files, or over those changed since HEAD
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

sources() { git ls-files -co --exclude-standard -- "$@" | while read -r f; do [[ -f $f ]] && echo "$f"; done; }

changed() {
  { git diff --name-only --diff-filter=d HEAD; git ls-files -o --exclude-standard; } |
    grep -E '^(src|bench)/.*\.cpp$' | sort -u || true
}

# clang_tidy PRESET [CHECKS]. The macros of gtest, and libFuzzer, have names that are not ours to choose.
clang_tidy() {
  local file checks=${2:-}
  while read -r file; do
    case $file in
      *_test.cpp | *_fuzz.cpp) echo "$file --checks=$checks,-cppcoreguidelines-avoid-non-const-global-variables,-readability-identifier-naming" ;;
      *) echo "$file --checks=$checks" ;;
    esac
  done | xargs -r -P "$(nproc)" -L 1 clang-tidy -p "build/$1" --quiet 2>&1 |
    grep -vE '^[0-9]+ warnings? (generated|treated as)|^Suppressed |^Use -header-filter' || [[ ${PIPESTATUS[1]} == 0 ]]
}

case ${1:-} in
  format) sources '*.cpp' '*.h' | xargs -r clang-format "${@:2}" ;;
  clang-tidy)
    case ${3:-check} in
      all) sources 'src/*.cpp' | clang_tidy "$2" ;;
      changed) changed | clang_tidy "$2" ;;
      # Two thirds of the time are the analyzer's, which reads what a developer changes; tests cost
      # as much as what they test, and break nothing but themselves.
      check) sources 'src/*.cpp' | grep -vE '_(test|fuzz)\.cpp$' | clang_tidy "$2" '-clang-analyzer-*' ;;
    esac
    ;;
  *) sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 1 ;;
esac
