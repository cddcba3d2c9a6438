//! [`DType`]: the element types a column may have, and the working type each one widens to exactly.

/// The element type of a [`Column`](super::Column).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DType {
    /// One byte, 0 or 1.
    Bool,
    /// One bit, least significant first, as Arrow packs booleans.
    Bit,
    /// Signed byte.
    I8,
    /// Unsigned byte.
    U8,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 64 bits.
    I64,
    /// Unsigned, 64 bits.
    U64,
    /// IEEE half precision.
    F16,
    /// The upper half of a float32.
    Bf16,
    /// IEEE single precision.
    F32,
    /// IEEE double precision.
    F64,
    /// x87 extended precision in the first 10 bytes of 16 (`numpy.longdouble` on x86-64).
    X87,
}

/// Byte order of a column's elements, relative to this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    /// This machine's own.
    Native,
    /// The other one.
    Swapped,
}

/// The two types that kernels know. Every other dtype widens to one of them without rounding.
///
/// Two instead of one per dtype: the widening happens in a block that is in L1 anyway, and each kernel is then written,
/// compiled and proved twice instead of eight times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Working {
    /// For bool, 8- and 16-bit integers, float16, bfloat16 and float32.
    F32,
    /// For 32- and 64-bit integers, float64 and longdouble.
    F64,
}

impl DType {
    /// Bytes of one element; 0 for [`DType::Bit`], whose elements have no address of their own.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::Bit => 0,
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 | Self::Bf16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
            Self::X87 => 10,
        }
    }

    /// The working type that holds every value of this dtype exactly (64-bit integers and longdouble: every value that is
    /// accepted).
    #[must_use]
    pub fn working(self) -> Working {
        match self {
            Self::Bool
            | Self::Bit
            | Self::I8
            | Self::U8
            | Self::I16
            | Self::U16
            | Self::F16
            | Self::Bf16
            | Self::F32 => Working::F32,
            Self::I32 | Self::U32 | Self::I64 | Self::U64 | Self::F64 | Self::X87 => Working::F64,
        }
    }

    /// NumPy's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool | Self::Bit => "bool",
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::U16 => "uint16",
            Self::I32 => "int32",
            Self::U32 => "uint32",
            Self::I64 => "int64",
            Self::U64 => "uint64",
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::X87 => "longdouble",
        }
    }
}
