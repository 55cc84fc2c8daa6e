// SPDX-License-Identifier: MIT
// Built in the place of onednn.cpp where oneDNN is not installed.
#include <bench/peers/contender.h>

namespace wengert::bench {

template <class T>
void add_onednn(Contenders<T>&, Problem<T>&, int) {}

std::string onednn_version() { return {}; }

template void add_onednn(Contenders<float>&, Problem<float>&, int);
template void add_onednn(Contenders<double>&, Problem<double>&, int);

}  // namespace wengert::bench
