#pragma once
#include <string>
#include <string_view>

namespace cairn::iam {

/// A picture (PNG, black on white) of the QR code of a text of up to some 1,000 bytes.
std::string qr_code_png(std::string_view text);

}  // namespace cairn::iam
