# shellcheck shell=bash
# Tests, coverage, benchmarks, linters, formatter.

# run_tests [KIND] [--asan|--tsan] [CTEST OPTION...]. AddressSanitizer (with UBSan and the leak check) has no patience for faults
# under it, so it leaves chaos out; ThreadSanitizer knows nothing of gRPC's and librdkafka's insides, so it takes unit tests only.
run_tests() {
  if [[ ${1:-} == containers ]]; then
    shift
    tests/containers/run.sh "${@:-small}"
    return
  fi
  local kinds='unit|simulation|functional|chaos' preset=${KASSAFLOW_PRESET:-dev} fixed=
  case ${1:-} in
    unit | simulation | functional | chaos | fuzz) kinds=$1; fixed=1; shift ;;
    '' | -*) ;;
    *) die "test: unknown kind $1" ;;
  esac
  case ${1:-} in
    --asan) preset=asan; [[ -n $fixed ]] || kinds='unit|functional'; shift ;;
    --tsan) preset=tsan; [[ -n $fixed ]] || kinds=unit; shift ;;
  esac
  if [[ $kinds == chaos && ${1:-} =~ ^--(seed|cycles) ]]; then
    run_cycles "$preset" "$@"
    return
  fi
  case $kinds in
    fuzz) build fuzz fuzzers; preset=fuzz ;;
    *) build "$preset" ;;
  esac
  # Its many seeds run in a build of their own, which is a fast one; under a sanitizer a few of them in that build.
  if [[ $preset == dev && simulation =~ ^($kinds)$ ]]; then build simulation simulate; fi
  sanitizers_environment
  local failed=0
  ctest --test-dir "build/$preset" -L "^($kinds)\$" --output-on-failure --no-tests=error -j "$(nproc)" "$@" || failed=$?
  ((failed == 0)) || tell_failures "build/$preset/Testing/Temporary/LastTest.log"
  return "$failed"
}

# What a long output has buried: the first words of each failure.
tell_failures() {
  say "what failed, in the order of the tests; the rest is above and in $1:"
  grep -E '^(ERROR|FAIL): |^[A-Za-z_.]*(Error|NeverHappened)\b|^\[  FAILED  \] .*\(|: Failure$|: WRONG: ' "$1" | cut -c 1-400 | head -n 20 >&2 || true
}

# Cycles of faults on a stack of their own. A failure keeps the stack's data, and what is needed to understand it beside them.
run_cycles() {
  local preset=$1 failed=
  shift
  build "$preset" "${SERVICES[@]}" kassactl
  export KASSAFLOW_BIN_DIR=$ROOT/build/$preset/bin
  export KASSAFLOW_STATE_DIR=${KASSAFLOW_STATE_DIR:-$ROOT/build/$preset/test-stacks/cycles}
  "$PYTHON" tests/chaos/run.py "$@" || failed=1
  if [[ -n $failed ]]; then "$ROOT/dev" down; else "$ROOT/dev" down --wipe; fi
  [[ -z $failed ]]
}

# What the runtime libraries of the sanitizers read; without effect on other builds.
sanitizers_environment() {
  local found=$ROOT/scripts/sanitizers
  export ASAN_OPTIONS=${ASAN_OPTIONS:-strict_string_checks=1:detect_stack_use_after_return=1}
  export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$found/leaks.txt:print_suppressions=0}
  export TSAN_OPTIONS=${TSAN_OPTIONS:-suppressions=$found/threads.txt:history_size=4}
  export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
  ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-19)
  export ASAN_SYMBOLIZER_PATH TSAN_SYMBOLIZER_PATH=$ASAN_SYMBOLIZER_PATH
}

# Line coverage of the unit tests, a figure for each library and service.
run_coverage() {
  (($# == 0)) || die "coverage takes no option"
  build coverage
  scripts/coverage.py build/coverage
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

# sources KIND...: the files of a kind (cpp, hpp, python, shell, proto), also those that Git does not track yet.
sources() { "$PYTHON" scripts/lint/main.py list "$@"; }

# clang-tidy over what this branch changed, or over all with --all. It reads the compile commands of a build.
run_tidy() {
  local preset=${KASSAFLOW_PRESET:-dev} files
  case ${1:-} in
    '') files=$("$PYTHON" scripts/lint/main.py changed) ;;
    --all) files=$(sources cpp) ;;
    *) die "tidy: unknown option $1" ;;
  esac
  [[ -n $files ]] || { say "no source changed"; return; }
  build "$preset" kassaflow_grpc
  xargs -P "$(nproc)" -n 1 clang-tidy-19 -p "build/$preset" --quiet --warnings-as-errors='*' <<<"$files"
}

# ruff and mypy into build/python-tools, anew when requirements.txt changes.
python_tools_install() {
  local folder=build/python-tools
  cmp -s scripts/requirements.txt "$folder/requirements.txt" && return
  rm -rf "$folder"
  "$PYTHON" -m venv "$folder" || die "no venv for the linters of Python"
  "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r scripts/requirements.txt \
    || die "pip could not install scripts/requirements.txt"
  cp scripts/requirements.txt "$folder/"
}

run_linters() {
  (($# == 0)) || die "lint takes no option; clang-tidy is ./dev tidy"
  local failed=0
  sources cpp hpp | xargs clang-format-19 --dry-run -Werror || failed=1
  # The parts of a script are read where it sources them.
  sources shell | xargs grep -l '^#!' | xargs shellcheck -x -a || failed=1
  python_tools_install
  build/python-tools/bin/ruff check --quiet . || failed=1
  sources python | xargs build/python-tools/bin/mypy --no-error-summary || failed=1
  scripts/references.py check || failed=1
  deploy/grafana/generate.py check || failed=1
  scripts/chart_schema.py check || failed=1
  scripts/lint/main.py check || failed=1
  return $failed
}

format_sources() { sources cpp hpp | xargs clang-format-19 -i; }
