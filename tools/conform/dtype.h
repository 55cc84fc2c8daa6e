// SPDX-License-Identifier: MIT
#pragma once

namespace wengert::conform {

/// The name of a type in a manifest; float and double only.
template <class T>
constexpr const char* dtype_name = nullptr;
template <>
inline constexpr const char* dtype_name<float> = "float32";
template <>
inline constexpr const char* dtype_name<double> = "float64";

}  // namespace wengert::conform
