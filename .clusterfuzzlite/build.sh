#!/bin/bash -eu
# ClusterFuzzLite looks for a build script here. It is the one of OSS-Fuzz.
exec "$SRC/vdsconform/fuzz/oss-fuzz/build.sh"
