/* All that a plugin includes, compiled as C and as C++ with every warning an error. */
#include "spec/iut.h"
