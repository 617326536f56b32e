#!/bin/bash -eu
# Builds every fuzz target for OSS-Fuzz, ClusterFuzzLite and whatever else speaks their convention,
# and puts into $OUT, for each fuzz/fuzz_X.cpp:
#
#   fuzz_X                   the target
#   fuzz_X_seed_corpus.zip   its seeds, from fuzz/corpus/X
#   fuzz_X.options           options for the engine
#   fuzz_X.dict              its dictionary, where there is one
#
# It is run in the project's root with CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE, SANITIZER, OUT
# and WORK set as those platforms set them. tests/fleet runs it with the platform's flags, for
# address, undefined and coverage, with Debian's clang and libraries. Only on the platform itself can
# be tried: its images and its newer clang, libraries fetched over the network, instrumented libc++
# for SANITIZER=memory, and the engines honggfuzz and Centipede.

fail() {
  echo "build.sh: $*" >&2
  exit 1
}

for variable in CC CXX CFLAGS CXXFLAGS LIB_FUZZING_ENGINE SANITIZER OUT WORK; do
  [[ -v $variable ]] || fail "$variable is not set; this is run by OSS-Fuzz and its like"
done
source_dir="$PWD"
[[ -f fuzz/CMakeLists.txt ]] || fail "$source_dir is not the root of vdsconform"

targets=()
for file in fuzz/fuzz_*.cpp; do
  # fuzz_iut has to be told what implementation to run, which these platforms cannot do.
  [[ "$file" == fuzz/fuzz_iut.cpp ]] || targets+=("$(basename "$file" .cpp)")
done
[[ -f "fuzz/${targets[0]}.cpp" ]] || fail "there is no fuzz/fuzz_*.cpp"

flags=()
# A COM call crosses types that share only a vtable's layout, which is what vptr forbids.
[[ "$SANITIZER" != undefined ]] || flags+=(-fno-sanitize=vptr)

options=()
# Installed C++ libraries are made for libstdc++ and mostly shared, and a target runs where neither
# is installed. Those that CMake fetches are built with these flags and linked statically.
[[ "$CXXFLAGS" != *-stdlib=libc++* ]] || options+=(-DVDSCONFORM_FETCH_ALWAYS=ON)
# clang leaves some atomic operations on structs to libatomic, which is not on the machines that run
# the targets, so it is linked statically too.
libatomic="$($CXX -print-file-name=libatomic.a)"
[[ "$libatomic" != /* ]] || options+=("-DCMAKE_CXX_STANDARD_LIBRARIES=$libatomic")

build="$WORK/vdsconform-$SANITIZER"
cmake --fresh -S "$source_dir" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None \
  -DCMAKE_C_COMPILER="$CC" -DCMAKE_C_FLAGS="$CFLAGS ${flags[*]-}" \
  -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_CXX_FLAGS="$CXXFLAGS ${flags[*]-}" \
  -DVDSCONFORM_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" \
  -DVDSCONFORM_BUILD_TESTS=OFF -DVDSCONFORM_BUILD_BENCHMARKS=OFF -DVDSCONFORM_INSTALL=OFF \
  -DVDSCONFORM_CAPSTONE=OFF ${options[@]+"${options[@]}"}
cmake --build "$build" -j "$(nproc)" --target "${targets[@]}"

# pack_seeds TARGET: flat, each named by the SHA-1 of its content, so that one content is there once.
pack_seeds() {
  local target="$1" folders=() folder seeds file
  for folder in "fuzz/corpus/${target#fuzz_}"; do
    [[ ! -d "$folder" ]] || folders+=("$folder")
  done
  # The histories that the tests judge are the best seeds there are.
  [[ "$target" != fuzz_history ]] || folders+=(spec/vectors)
  [[ ${#folders[@]} -gt 0 ]] || fail "$target has no seeds in fuzz/corpus/${target#fuzz_}"
  seeds="$WORK/seeds-$SANITIZER/$target"
  rm -rf "$seeds" "$OUT/${target}_seed_corpus.zip"
  mkdir -p "$seeds"
  while IFS= read -r -d '' file; do
    cp "$file" "$seeds/$(sha1sum <"$file" | cut -d ' ' -f 1)"
  done < <(find "${folders[@]}" -type f ! -name README.md -print0)
  (cd "$seeds" && zip -q -X -r "$OUT/${target}_seed_corpus.zip" .)
}

for target in "${targets[@]}"; do
  install -m 755 "$build/fuzz/$target" "$OUT/$target"
  pack_seeds "$target"
  cp "fuzz/options/$target.options" "$OUT/"
  dictionary="fuzz/dictionaries/$target.dict"
  [[ ! -f "$dictionary" ]] || cp "$dictionary" "$OUT/"
done
