#pragma once
#include <string>

#include "base/result.h"

namespace cairn::cfn {

/// Where in a template's text; lines and columns count from 1, 0 is unknown.
struct Place {
  int line = 0, column = 0;
};

/// Why a template, or its parameters, are refused.
struct Error {
  std::string message;  // CloudFormation's words, e.g. "Template format error: ..."
  std::string path;     // "/Resources/Bucket/Properties", or empty
  Place place;

  /// The message, and where: "Template format error: ... (/Resources/Bucket, line 7)". What a user is shown.
  std::string text() const;
};

template <class T>
using Outcome = Result<T, Error>;

}  // namespace cairn::cfn
