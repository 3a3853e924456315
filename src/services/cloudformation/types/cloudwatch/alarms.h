#pragma once
#include "services/cloudformation/doing.h"

/// What alarms of metrics and alarms of other alarms have in common. `put`: the call that makes one, and changes it.
namespace cairn::cloudformation {

void create_alarm(Doing& doing, std::string_view put);
void update_alarm(Doing& doing, std::string_view put);
void remove_alarm(Doing& doing);
/// `list`: of DescribeAlarms' answer.
void read_alarm(Doing& doing, const char* list);
bool find_alarm(Doing& doing, const char* list);
void tag_alarm(Doing& doing);

}  // namespace cairn::cloudformation
