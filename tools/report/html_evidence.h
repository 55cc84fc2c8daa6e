// SPDX-License-Identifier: MIT
// The tables of the page, each a finished piece of HTML.
#pragma once

#include <autodiff/compare/compare.h>

#include <string>

namespace wengert {

std::string agreement_html(const Comparison& comparison);
std::string pathways_html(const Comparison& comparison);
std::string gradient_check_html(const Comparison& comparison);
std::string costs_html(const Comparison& comparison);
std::string ledger_html(const FormReport& form);

}  // namespace wengert
