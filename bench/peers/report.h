// SPDX-License-Identifier: MIT
#pragma once

#include <bench/peers/result.h>

#include <nlohmann/json_fwd.hpp>

namespace wengert::bench {

/// What is compared, and on what: "AMD EPYC, 2 cores, AVX2; oneDNN 2.6.3; PyTorch not installed".
std::string machine_line();

std::string table_head();
std::string table_row(const CaseTimes& times);
/// "ok      1.21 [1.25] kernel / L2-blocked floor", a line a check; empty when there is none.
std::string check_lines(const CaseTimes& times, const std::vector<Check>& checks);

nlohmann::json to_json(const CaseTimes& times, const std::vector<Check>& checks);

}  // namespace wengert::bench
