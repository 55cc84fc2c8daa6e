// SPDX-License-Identifier: MIT
// Built in the place of torch.cpp where PyTorch is not installed.
#include <bench/peers/contender.h>

namespace wengert::bench {

template <class T>
void add_torch(Contenders<T>&, Problem<T>&, int) {}

std::string torch_version() { return {}; }

template void add_torch(Contenders<float>&, Problem<float>&, int);
template void add_torch(Contenders<double>&, Problem<double>&, int);

}  // namespace wengert::bench
