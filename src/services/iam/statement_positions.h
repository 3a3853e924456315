#pragma once
#include <string_view>
#include <vector>

namespace cairn::iam {

/// A place in a text; both count from 1.
struct Position {
  int line = 1, column = 1;
};
struct Extent {
  Position start, end;
};

/// Where the statements of a policy stand in its text, as IAM's simulator counts: from right behind the bracket or comma before a
/// statement to right behind its last brace. `policy` is valid JSON.
std::vector<Extent> statement_positions(std::string_view policy);

}  // namespace cairn::iam
