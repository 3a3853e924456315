#pragma once
#include <set>
#include <string>

#include "services/cloudformation/properties.h"
#include "template/program.h"

namespace cairn::cloudformation {

/// What may have made a property another: parameters with another value, and resources that change, too.
struct Causes {
  const cfn::Program& program;
  std::set<std::string> parameters, resources;
};

/// A change as DescribeChangeSet shows it.
Json shown(const Change& change, const Causes& causes);

}  // namespace cairn::cloudformation
