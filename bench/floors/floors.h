// SPDX-License-Identifier: MIT
// How fast memory is: loops that move the bytes of a batch normalisation and compute next to nothing. They
// are measured beside the kernels in one run; a floor is the better of both kinds of store, and no law.
#pragma once

#include <autodiff/shape.h>

namespace wengert::bench {

enum class Store { ordinary, non_temporal };

/// y = x. One read, one write.
template <class T>
void copy(const T* x, T* y, Index n, Store store);

/// Reads x once; returns something that depends on all of it.
template <class T>
T read(const T* x, Index n);

/// The bytes of a step in blocks of `block` elements: forward reads x twice and writes y, backward reads x
/// and dy twice and writes dx. With block = n these are two sweeps over the whole tensors; with a block that
/// fits L2 the second read is from there, as for channels that are contiguous.
template <class T>
void sweep_forward(const T* x, T* y, Index n, Index block, Store store);
template <class T>
void sweep_backward(const T* x, const T* dy, T* dx, Index n, Index block, Store store);

}  // namespace wengert::bench
