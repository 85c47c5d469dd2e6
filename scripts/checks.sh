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
  ctest --test-dir build/fuzz -L '^fuzz$' --output-on-failure --no-tests=error -j "$(nproc)" "$@"
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
  scripts/lint/main.py check || failed=1
  return $failed
}

format_sources() { sources cpp hpp | xargs clang-format-19 -i; }
