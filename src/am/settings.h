// The settings people can SET, all starting with "pomai.".
//
//   options.target_recall = settings::target_recall;
//
// DefineSettings runs once a process, when the library is loaded.
#pragma once

namespace pomai::am {

namespace settings {
extern bool background_maintenance;
extern double target_recall;
extern int batch_size;
extern int probes;
}  // namespace settings

void DefineSettings();

}  // namespace pomai::am
