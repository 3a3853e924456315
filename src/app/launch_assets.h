#pragma once
#include <string_view>

namespace cairn::app {

/// The page behind launch links: it builds what it shows by text nodes alone, so that nothing of a template is ever markup.
extern const std::string_view kLaunchPage, kLaunchScript, kLaunchStyle;

}  // namespace cairn::app
