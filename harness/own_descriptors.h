// Tells whether descriptors that belong to the harness are still its own.
//
// A host process shares its descriptor table with the IUT. An IUT that closes descriptors which it
// did not open (QS-13), or whose own file has since taken the number, would otherwise be noticed
// only as a protocol that broke.
#ifndef VDSCONFORM_HARNESS_OWN_DESCRIPTORS_H_
#define VDSCONFORM_HARNESS_OWN_DESCRIPTORS_H_

namespace vdsconform {

// Remembers what `descriptor` refers to. At most a few; those beyond are not watched. Call before
// the first call into an IUT: not thread-safe.
void WatchOwnDescriptor(int descriptor);

// False once a watched descriptor is closed or refers to something else, or a standard stream is
// closed. Costs one system call for each. Thread-safe and async-signal-safe.
bool OwnDescriptorsIntact();

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_OWN_DESCRIPTORS_H_
