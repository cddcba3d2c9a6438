//! [`Level`]: proof of what this CPU can do, and the one place where a kernel is compiled for it.

/// Work that is compiled once per instruction set. `run` and everything it calls should be `#[inline(always)]`, else the
/// callee keeps the baseline's instructions (still right, only slower).
pub(crate) trait Kernel {
    /// What comes out.
    type Output;
    /// The work itself.
    fn run(self) -> Self::Output;
}

/// A set of instructions this CPU is known to have: a value of this type is the proof.
///
/// ```
/// use thresher::Level;
/// assert!(Level::named("scalar").is_some());
/// println!("{}", Level::detect().name());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(Set);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// The compiler's baseline, on every machine.
    pub const SCALAR: Self = Self(Set::Scalar);

    /// The best level this CPU has.
    #[must_use]
    pub fn detect() -> Self {
        ["avx512", "avx2"].iter().find_map(|name| Self::named(name)).unwrap_or(Self::SCALAR)
    }

    /// The level called `scalar`, `avx2` or `avx512`, if this CPU has it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "scalar" => Some(Self::SCALAR),
            #[cfg(target_arch = "x86_64")]
            "avx2" => has_avx2().then_some(Self(Set::Avx2)),
            #[cfg(target_arch = "x86_64")]
            "avx512" => (has_avx2() && has_avx512()).then_some(Self(Set::Avx512)),
            _ => None,
        }
    }

    /// `scalar`, `avx2` or `avx512`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
        }
    }

    /// Runs `kernel` with this level's instructions.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Set::Scalar => kernel.run(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `named` makes this value only after detecting every feature that `avx2` enables.
            Set::Avx2 => unsafe { avx2(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `named` makes this value only after detecting every feature that `avx512` enables.
            Set::Avx512 => unsafe { avx512(kernel) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2") && is_x86_feature_detected!("popcnt")
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi2,popcnt")]
fn avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi2,popcnt,avx512f,avx512bw,avx512dq,avx512vl")]
fn avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_had_only_under_its_own_name() {
        assert_eq!(Level::named("scalar"), Some(Level::SCALAR));
        assert_eq!(Level::named("sse9"), None);
        assert_eq!(Level::named(Level::detect().name()), Some(Level::detect()));
    }
}
