#pragma once
#include <string>

namespace cairn::cloudwatch {

/// As Java writes a double, and with it CloudWatch: 1.0, 0.25, 1.0E7.
std::string java_number(double value);

}  // namespace cairn::cloudwatch
