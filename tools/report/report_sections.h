// SPDX-License-Identifier: MIT
// The sections of the comparison's text, one function each. For the files in this folder.
#pragma once

#include <tools/report/comparison_text.h>

#include <iterator>
#include <string>
#include <string_view>

namespace wengert {

using TextOut = std::back_insert_iterator<std::string>;

/// What a word says, for its colour: green, red, yellow.
enum class Tone { good, bad, open };

/// `text`, right-aligned to `width`, in the colour of its tone when the reader sees colour.
std::string coloured(std::string_view text, Tone tone, int width, const TextOptions& options);

void write_agreement(TextOut out, const Comparison& c, const TextOptions& options);
void write_gradient_checks(TextOut out, const Comparison& c, const TextOptions& options);
void write_pathways(TextOut out, const Comparison& c, const TextOptions& options);
void write_memory(TextOut out, const Comparison& c);
void write_times(TextOut out, const Comparison& c);
void write_sweep(TextOut out, const Comparison& c);

/// One gradient check by itself: a row an input, and the Taylor table of the one that decided.
void write_check(TextOut out, std::string_view title, const GradientCheck& check, const TextOptions& options);
void write_taylor(TextOut out, const InputCheck& check);

}  // namespace wengert
