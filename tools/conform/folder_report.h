// SPDX-License-Identifier: MIT
#pragma once

#include <tools/conform/folder.h>

#include <string>

namespace wengert::conform {

/// A line for every case × form × dtype with the worst error in units of its allowance, the reasons of what
/// failed below it, then the grades that count apart; the last line has the counts.
std::string to_text(const FolderResult& result);

/// The same as JSON; an infinite error is null.
std::string to_json(const FolderResult& result);

}  // namespace wengert::conform
