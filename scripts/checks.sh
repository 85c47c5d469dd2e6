# shellcheck shell=bash
# Tests, benchmarks, linters, formatter.

run_tests() {
  local kinds='unit|functional|chaos'
  case ${1:-} in
    unit | functional | chaos) kinds=$1; shift ;;
    fuzz) shift; run_fuzzers "$@"; return ;;
    '' | -*) ;;
    *) die "test: unknown kind $1" ;;
  esac
  local preset=${KASSAFLOW_PRESET:-dev}
  build "$preset"
  ctest --test-dir "build/$preset" -L "^($kinds)\$" --output-on-failure --no-tests=error -j "$(nproc)" "$@"
}

# libFuzzer over every reader of bytes from outside, briefly.
run_fuzzers() {
  build fuzz fuzzers
  ctest --test-dir build/fuzz -R '^fuzz\.' --output-on-failure --no-tests=error -j "$(nproc)" "$@"
}

# The table of tests/cases; exit code 1 when a row of it is wrong.
run_cases() { with_stack_env "$PYTHON" tests/cases/cases.py "$@"; }

# A benchmark is an executable file of tests/bench; it prints a table and writes bench/results/NAME.json.
run_benchmarks() {
  local only=${1:-} file name found=
  mkdir -p bench/results
  for file in tests/bench/*; do
    name=$(basename "${file%.*}")
    [[ -f $file && -x $file && ( -z $only || $name == "$only" ) ]] || continue
    found=1
    build release "${SERVICES[@]}" kassactl bench_helpers
    "$file" --bin-dir "$ROOT/build/release" --results "bench/results/$name.json"
  done
  [[ -n $found ]] || die "no benchmark ${only} in tests/bench"
}

sources() { find libs services tests -type f \( -name '*.cpp' -o -name '*.hpp' \) | sort; }

run_linters() {
  case ${1:-} in
    '')
      sources | xargs clang-format-19 --dry-run -Werror
      shellcheck -x -a dev .ci/run
      scripts/references.py check
      ;;
    tidy)
      local preset=${KASSAFLOW_PRESET:-dev}
      build "$preset"
      sources | grep '\.cpp$' | xargs -P "$(nproc)" -n 4 clang-tidy-19 -p "build/$preset" --quiet --warnings-as-errors='*'
      ;;
    *) die "lint: unknown option $1" ;;
  esac
}

format_sources() { sources | xargs clang-format-19 -i; }
