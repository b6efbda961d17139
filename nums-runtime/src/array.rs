//! `Array<T>` and `DynArray`: a user's handle on an array cut into blocks.
//!
//! A handle knows dtype, shape and cut at once; its blocks may still be computed. Handles are cheap to clone; the last one
//! releases the blocks and never blocks. All arithmetic happens inside `nums!`; here arrays come from data and files and go
//! back to them. How elements are cut and joined is `array/pieces.rs`.

mod convert;
mod pieces;

pub use convert::IntoScalar;
pub(crate) use convert::{element, once};
pub(crate) use pieces::cut;

use crate::block::Block;
use crate::cluster::Cluster;
use crate::display;
use crate::driver::State;
use crate::element::{Element, with_type};
use crate::error::{Error, Result};
use crate::io::{self, CsvOptions, Kept, UserFile};
use crate::place::{Layout, Placed, homes};
use crate::pool::{Call, Copy, Gid, Living, Source};
use ndarray::{ArrayBase, ArrayD, Data, Dimension};
use nums_ir::dtype::DType;
use nums_ir::func::Scalar;
use nums_ir::graph::{Graph, NodeId};
use nums_ir::grid::Grid;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An array of any dtype.
#[derive(Clone)]
pub struct DynArray {
    inner: Arc<Inner>,
}

/// An array whose elements are `T`.
///
/// Metadata (`shape`, `dtype`, `block_shape`, …) comes from [`DynArray`], to which it derefs.
#[derive(Clone)]
pub struct Array<T: Element> {
    array: DynArray,
    of: PhantomData<T>,
}

struct Inner {
    cluster: Cluster,
    dtype: DType,
    grid: Grid,
    blocks: Vec<Gid>,
    place: Mutex<Place>,
}

/// Where the blocks of an array are, as of a version of the cluster's members.
struct Place {
    version: u64,
    homes: Arc<[NodeId]>,
    /// Hash of `homes`, once it was asked for.
    hash: Option<u64>,
}

/// The nodes of an array's blocks as a part of a key: hashed once an array, compared by address first.
#[derive(Clone)]
pub(crate) struct Homes {
    hash: u64,
    homes: Arc<[NodeId]>,
}

impl PartialEq for Homes {
    fn eq(&self, other: &Homes) -> bool {
        self.hash == other.hash && (Arc::ptr_eq(&self.homes, &other.homes) || self.homes == other.homes)
    }
}

impl Eq for Homes {}

impl Hash for Homes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Bytes of blocks that a gather asks for at once.
const GATHER: usize = 64 << 20;

impl Drop for Inner {
    fn drop(&mut self) {
        self.cluster.pool().release(std::mem::take(&mut self.blocks));
    }
}

impl DynArray {
    /// The array whose blocks are (or will be) on the cluster.
    pub(crate) fn new(cluster: Cluster, dtype: DType, grid: Grid, blocks: Vec<Gid>, homes: Arc<[NodeId]>) -> DynArray {
        let place = Mutex::new(Place { version: 0, homes, hash: None });
        DynArray { inner: Arc::new(Inner { cluster, dtype, grid, blocks, place }) }
    }

    /// What a file holds, on the current cluster. It is read again if a node is lost.
    fn read(path: &Path, read: impl Fn(&Path) -> Result<Block> + Send + Sync + 'static) -> Result<DynArray> {
        let (data, file) = UserFile::read(path, read)?;
        let grid = file.grid().clone();
        DynArray::put(&data, grid, Some(Arc::new(file)))
    }

    /// Puts whole data on the current cluster, cut as `grid`.
    fn put(data: &Block, grid: Grid, source: Option<Arc<dyn Source>>) -> Result<DynArray> {
        let cluster = Cluster::current()?;
        let living = cluster.pool().living();
        let homes: Arc<[NodeId]> = homes(&grid, living.nodes.len()).into_iter().map(|n| living.node(n)).collect();
        let first = cluster.pool().reserve(grid.n_blocks() as u64);
        let blocks: Vec<Gid> = (first..first + grid.n_blocks() as u64).collect();
        for (i, id) in blocks.iter().enumerate() {
            let source = source.clone().map(|source| (source, i as u32));
            cluster.pool().put_from(*id, homes[i], cut(data, &grid, i), source)?;
        }
        Ok(DynArray::new(cluster, data.dtype(), grid, blocks, homes))
    }

    /// Reads a `.npy` file of any dtype that nums has.
    ///
    /// # Errors
    /// `Error::Io`, `Error::Format`, or `Error::DType` for a dtype that nums does not have.
    pub fn read_npy(path: impl AsRef<Path>) -> Result<DynArray> {
        DynArray::read(path.as_ref(), io::read_npy)
    }

    /// Writes a `.npy` file (version 1.0, C order); waits.
    ///
    /// # Errors
    /// `Error::Io`, or the failure of the call that computes the array.
    pub fn write_npy(&self, path: impl AsRef<Path>) -> Result<()> {
        io::write_npy(path.as_ref(), &self.gather()?)
    }

    /// Sizes of the axes.
    pub fn shape(&self) -> &[usize] {
        self.inner.grid.shape()
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.shape().iter().product()
    }

    /// Bytes of all elements.
    pub fn nbytes(&self) -> usize {
        self.size() * self.dtype().size()
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.inner.dtype
    }

    /// Sizes of a block that is not at an edge.
    pub fn block_shape(&self) -> &[usize] {
        self.inner.grid.block_shape()
    }

    /// Where the blocks live.
    pub fn cluster(&self) -> &Cluster {
        &self.inner.cluster
    }

    pub(crate) fn grid(&self) -> &Grid {
        &self.inner.grid
    }

    pub(crate) fn blocks(&self) -> &[Gid] {
        &self.inner.blocks
    }

    /// The nodes of the blocks. They change only when a node is lost or has come.
    pub(crate) fn homes(&self, living: &Living) -> Arc<[NodeId]> {
        Arc::clone(&self.place(living).homes)
    }

    /// Where the blocks are, as a part of a key.
    pub(crate) fn homes_key(&self, living: &Living) -> Homes {
        let mut place = self.place(living);
        let Place { homes, hash, .. } = &mut *place;
        let hash = *hash.get_or_insert_with(|| {
            let mut hasher = DefaultHasher::new();
            homes.hash(&mut hasher);
            hasher.finish()
        });
        Homes { hash, homes: Arc::clone(homes) }
    }

    fn place(&self, living: &Living) -> MutexGuard<'_, Place> {
        let mut place = self.inner.place.lock().unwrap_or_else(PoisonError::into_inner);
        if place.version != living.version {
            let homes = self.inner.cluster.pool().homes(&self.inner.blocks);
            *place = Place { version: living.version, homes, hash: None };
        }
        place
    }

    /// The same elements in other blocks; sizes are clipped to the axis.
    ///
    /// # Errors
    /// `Error::Shape` for another rank or a block size of 0.
    pub fn rechunk(&self, block: &[usize]) -> Result<DynArray> {
        let what = || format!("rechunk of an array of shape {:?} to blocks {block:?}", self.shape());
        if block.len() != self.ndim() {
            return Err(Error::Shape { what: what(), why: format!("expected {} block sizes", self.ndim()) });
        }
        if let Some(axis) = block.iter().position(|b| *b == 0) {
            return Err(Error::Shape { what: what(), why: format!("the block size of axis {axis} is 0") });
        }
        let to = Grid::new(self.shape(), block);
        if to == self.inner.grid {
            return Ok(self.clone());
        }
        let graph = nums_ir::tile::rechunk(self.dtype(), &self.inner.grid, &to);
        self.run(graph, None)
    }

    /// The same array with its blocks on other nodes: on the node grid that calls with it would like (`Plan::layouts`). Each
    /// block moves at most once.
    ///
    /// ```
    /// use nums_runtime::{array::Array, cluster::Cluster, place::Layout};
    /// let cluster = Cluster::threads(1)?;
    /// let _entered = cluster.enter();
    /// let x = Array::<f64>::ones(&[4, 4])?.laid_out(&Layout::Cyclic(vec![1, 1]))?;
    /// assert_eq!(x.to_vec()?, vec![1.0; 16]);
    /// # Ok::<(), nums_runtime::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Error::Setting` for a layout with more nodes than the cluster has.
    pub fn laid_out(&self, layout: &Layout) -> Result<DynArray> {
        let nodes = self.cluster().spec().nodes.len();
        if layout.nodes() > nodes {
            let (name, value) = (format!("a layout on {nodes} nodes"), format!("{layout:?}"));
            return Err(Error::Setting { name, value, expected: "no more nodes than the cluster has" });
        }
        let living = self.cluster().pool().living();
        let now = self.homes(&living);
        if now.iter().map(|n| living.number(*n)).eq(layout.homes(&self.inner.grid)) {
            return Ok(self.clone());
        }
        self.run(nums_ir::tile::copy(self.dtype(), &self.inner.grid), Some(layout))
    }

    /// The elements converted, as NumPy's `astype`.
    ///
    /// # Errors
    /// The cluster is closed.
    pub fn astype<T: Element>(&self) -> Result<Array<T>> {
        if self.dtype() == T::DTYPE {
            return Array::try_from(self.clone());
        }
        let func = convert::cast(self.dtype(), T::DTYPE, self.shape());
        let graph = nums_ir::tile::tile(&nums_ir::pass::run(func), std::slice::from_ref(&self.inner.grid))
            .map_err(|diag| Error::Program { name: "astype".into(), place: String::new(), message: diag.to_string() })?;
        Array::try_from(self.run(graph, None)?)
    }

    /// Runs a graph of this array alone; its result is laid out so, or by default.
    fn run(&self, graph: Graph, layout: Option<&Layout>) -> Result<DynArray> {
        let cluster = self.cluster();
        let (spec, living) = cluster.pool().planning();
        let output = graph.array(graph.outputs[0].array);
        let layout = layout.cloned().unwrap_or_else(|| Layout::default_for(&output.grid, spec.nodes.len()));
        let (homes, first) = (layout.homes(&output.grid), output.first.0 as usize);
        let mut all = vec![NodeId(0); graph.n_blocks()];
        all[first..first + homes.len()].copy_from_slice(&homes);
        for (at, home) in all.iter_mut().zip(self.homes(&living).iter()) {
            *at = living.number(*home);
        }
        let Placed { graph, placement, .. } = crate::place::place_at(graph, &spec, &all, spec.policy.as_deref())?;
        let placement = living.name(placement);
        let homes: Arc<[NodeId]> = homes.into_iter().map(|n| living.node(n)).collect();
        let made = graph.n_blocks() - self.blocks().len();
        let first = cluster.pool().reserve(made as u64);
        let output = graph.array(graph.outputs[0].array);
        let (dtype, grid) = (output.dtype, output.grid.clone());
        let blocks: Vec<Gid> = output.blocks().map(|b| first + (b.0 as usize - self.blocks().len()) as u64).collect();
        let call = Call {
            name: graph.name.clone(),
            number: cluster.next_call(),
            file: String::new(),
            graph: Arc::new(graph),
            placement: Arc::new(placement),
            inputs: self.blocks().to_vec(),
            scalars: vec![],
            first,
        };
        cluster.pool().submit(call)?;
        Ok(DynArray::new(cluster.clone(), dtype, grid, blocks, homes))
    }

    /// Waits until every block is computed.
    ///
    /// # Errors
    /// The failure of the call that computes the array, or of one that it depends on.
    pub fn wait(&self) -> Result<()> {
        self.inner.cluster.pool().wait(&self.inner.blocks)
    }

    /// Waits until every block is computed, and keeps a copy on this machine's disk. From then on the array comes from there
    /// if workers are lost, and what it was computed from is not remembered for it. The file has no name, lies in the folder for
    /// temporary files, and is gone with the array.
    ///
    /// # Errors
    /// As `wait`; `Error::Io` if the disk is full.
    ///
    /// ```
    /// use nums_runtime::array::Array;
    /// let x = Array::<f64>::ones(&[100])?;
    /// x.checkpoint()?;
    /// # Ok::<(), nums_runtime::error::Error>(())
    /// ```
    pub fn checkpoint(&self) -> Result<()> {
        let pool = self.cluster().pool();
        let mut kept = Kept::new()?;
        // One block at a time: the array may be larger than this machine's memory.
        for id in self.blocks() {
            for block in pool.fetch(&[*id])? {
                kept.push(&block)?;
            }
        }
        let kept: Arc<dyn Source> = Arc::new(kept);
        let copy = |(i, id): (usize, &Gid)| (*id, Copy::Again(Arc::clone(&kept), i as u32));
        pool.cut(self.blocks().iter().enumerate().map(copy).collect());
        Ok(())
    }

    /// `wait`, without blocking the thread that awaits.
    ///
    /// # Errors
    /// As `wait`.
    pub async fn wait_async(&self) -> Result<()> {
        let array = self.clone();
        let (tell, told) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || tell.send(array.wait()));
        told.await.unwrap_or(Err(Error::Closed))
    }

    /// The text of the elements; of an array that is large only its edges come to the driver.
    fn shown(&self) -> Result<String> {
        const LARGE: usize = 1 << 20;
        if self.nbytes() <= LARGE {
            return Ok(display::format(&self.gather()?));
        }
        Ok(display::format_edges(&convert::edges(self, display::EDGE)?.gather()?, self.shape()))
    }

    /// All elements as one block in C order; waits.
    pub(crate) fn gather(&self) -> Result<Block> {
        pieces::fits(self.nbytes())?;
        let mut all = Block::zeros(self.dtype(), self.shape());
        with_type!(self.dtype(), T => {
            let to = all.as_mut_slice::<T>();
            self.each_block(|i, block| pieces::paste::<T>(to, &self.inner.grid, i, block))?;
        });
        Ok(all)
    }

    /// Hands over every block with its number, few at a time, so that a gather holds little beside the array; waits.
    fn each_block(&self, mut with: impl FnMut(usize, &Block)) -> Result<()> {
        let largest = self.block_shape().iter().product::<usize>().saturating_mul(self.dtype().size());
        let n = (GATHER / largest.max(1)).max(1);
        for (window, ids) in self.inner.blocks.chunks(n).enumerate() {
            let blocks = self.inner.cluster.pool().fetch(ids)?;
            blocks.iter().enumerate().for_each(|(i, block)| with(window * n + i, block));
        }
        Ok(())
    }

    /// The elements; waits.
    ///
    /// # Errors
    /// `Error::DType` if they are not `T`, or the failure of the call that computes them.
    pub fn to_ndarray<T: Element>(&self) -> Result<ArrayD<T>> {
        self.expect::<T>("to_ndarray")?;
        let data = self.to_vec::<T>()?;
        ArrayD::from_shape_vec(self.shape(), data)
            .map_err(|e| Error::Shape { what: format!("to_ndarray of shape {:?}", self.shape()), why: e.to_string() })
    }

    /// The elements in C order; waits.
    ///
    /// # Errors
    /// As `to_ndarray`.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.expect::<T>("to_vec")?;
        pieces::fits(self.nbytes())?;
        let mut all = vec![T::default(); self.size()];
        self.each_block(|i, block| pieces::paste(&mut all, &self.inner.grid, i, block))?;
        Ok(all)
    }

    /// The only element; waits.
    ///
    /// # Errors
    /// `Error::Shape` if there is not exactly one, else as `to_ndarray`.
    pub fn item<T: Element>(&self) -> Result<T> {
        self.expect::<T>("item")?;
        match self.to_vec()?.as_slice() {
            [one] => Ok(*one),
            all => Err(Error::Shape {
                what: format!("item of an array of shape {:?}", self.shape()),
                why: format!("it has {} elements, not one", all.len()),
            }),
        }
    }

    fn expect<T: Element>(&self, what: &str) -> Result<()> {
        if self.dtype() == T::DTYPE {
            return Ok(());
        }
        Err(Error::DType { what: what.into(), expected: T::DTYPE, found: self.dtype().to_string() })
    }
}

impl<T: Element> Array<T> {
    /// A copy of an `ndarray` array, cut by default.
    ///
    /// # Errors
    /// No cluster can be chosen or started.
    pub fn from_ndarray<S: Data<Elem = T>, D: Dimension>(array: &ArrayBase<S, D>) -> Result<Array<T>> {
        let grid = Grid::default_for(array.shape(), T::DTYPE);
        Array::from_ndarray_cut(array, grid)
    }

    /// A copy of an `ndarray` array in blocks of the given sizes, clipped to the axes.
    ///
    /// # Errors
    /// `Error::Shape` for another rank or a block size of 0.
    pub fn from_ndarray_blocked<S: Data<Elem = T>, D: Dimension>(array: &ArrayBase<S, D>, block: &[usize]) -> Result<Array<T>> {
        if block.len() != array.ndim() || block.contains(&0) {
            let what = format!("blocks {block:?} of an array of shape {:?}", array.shape());
            return Err(Error::Shape { what, why: "expected one block size an axis, none of them 0".into() });
        }
        Array::from_ndarray_cut(array, Grid::new(array.shape(), block))
    }

    fn from_ndarray_cut<S: Data<Elem = T>, D: Dimension>(array: &ArrayBase<S, D>, grid: Grid) -> Result<Array<T>> {
        let data = match array.as_slice() {
            Some(elements) => Block::from_slice(elements, array.shape()),
            None => Block::from_slice(&array.iter().copied().collect::<Vec<T>>(), array.shape()),
        };
        Array::try_from(DynArray::put(&data, grid, None)?)
    }

    /// The elements in C order under a shape.
    ///
    /// # Errors
    /// `Error::Shape` if their number is not the shape's.
    pub fn from_vec(elements: Vec<T>, shape: &[usize]) -> Result<Array<T>> {
        let count = shape.iter().try_fold(1usize, |n, s| n.checked_mul(*s));
        if count != Some(elements.len()) {
            let why = format!("{} elements do not fill it", elements.len());
            return Err(Error::Shape { what: format!("an array of shape {shape:?}"), why });
        }
        let data = Block::from_slice(&elements, shape);
        Array::try_from(DynArray::put(&data, Grid::default_for(shape, T::DTYPE), None)?)
    }

    /// All elements 0.
    ///
    /// # Errors
    /// As `full`.
    pub fn zeros(shape: &[usize]) -> Result<Array<T>> {
        Array::full(shape, T::from_scalar(Scalar::Int(0)))
    }

    /// All elements 1.
    ///
    /// # Errors
    /// As `full`.
    pub fn ones(shape: &[usize]) -> Result<Array<T>> {
        Array::full(shape, T::from_scalar(Scalar::Int(1)))
    }

    /// All elements `value`; each block is made where it lives.
    ///
    /// # Errors
    /// No cluster can be chosen or started, or the shape has more elements than can be counted.
    pub fn full(shape: &[usize], value: T) -> Result<Array<T>> {
        let bytes = shape.iter().try_fold(T::DTYPE.size(), |n, s| n.checked_mul(*s));
        if bytes.is_none() {
            return Err(Error::Shape { what: format!("an array of shape {shape:?}"), why: "too many elements".into() });
        }
        let cluster = Cluster::current()?;
        let func = convert::full(T::DTYPE, shape, value.to_scalar());
        let outputs = crate::call::run_bound(&cluster, "full", &func, &[])?;
        Array::try_from(outputs)
    }

    /// Reads a `.npy` file (any version, either order, either byte order).
    ///
    /// # Errors
    /// `Error::DType` naming the file and both dtypes, `Error::Io`, `Error::Format`.
    pub fn read_npy(path: impl AsRef<Path>) -> Result<Array<T>> {
        let read = |path: &Path| {
            let data = io::read_npy(path)?;
            if data.dtype() == T::DTYPE {
                return Ok(data);
            }
            let (what, found) = (path.display().to_string(), data.dtype().to_string());
            Err(Error::DType { what, expected: T::DTYPE, found })
        };
        Array::try_from(DynArray::read(path.as_ref(), read)?)
    }

    /// Reads a file of numbers separated by commas: one row a line.
    ///
    /// # Errors
    /// `Error::Io`, or `Error::Format` with line and column for a field that is no `T` or a row of another length.
    pub fn read_csv(path: impl AsRef<Path>, options: CsvOptions) -> Result<Array<T>> {
        Array::try_from(DynArray::read(path.as_ref(), move |path| io::read_csv::<T>(path, &options))?)
    }

    /// The same elements in other blocks; sizes are clipped to the axis.
    ///
    /// # Errors
    /// `Error::Shape` for another rank or a block size of 0.
    pub fn rechunk(&self, block: &[usize]) -> Result<Array<T>> {
        Array::try_from(self.array.rechunk(block)?)
    }

    /// The same array with its blocks on other nodes.
    ///
    /// # Errors
    /// `Error::Setting` for a layout with more nodes than the cluster has.
    pub fn laid_out(&self, layout: &Layout) -> Result<Array<T>> {
        Array::try_from(self.array.laid_out(layout)?)
    }

    /// The elements; waits.
    ///
    /// # Errors
    /// The failure of the call that computes them; `Error::OutOfMemory` before anything moves.
    pub fn to_ndarray(&self) -> Result<ArrayD<T>> {
        self.array.to_ndarray()
    }

    /// The elements in C order; waits.
    ///
    /// # Errors
    /// As `to_ndarray`.
    pub fn to_vec(&self) -> Result<Vec<T>> {
        self.array.to_vec()
    }

    /// The only element; waits.
    ///
    /// # Errors
    /// `Error::Shape` if there is not exactly one, else as `to_ndarray`.
    pub fn item(&self) -> Result<T> {
        self.array.item()
    }
}

impl<T: Element> std::ops::Deref for Array<T> {
    type Target = DynArray;

    fn deref(&self) -> &DynArray {
        &self.array
    }
}

impl<T: Element> TryFrom<DynArray> for Array<T> {
    type Error = Error;

    /// Exact: nothing is cast.
    fn try_from(array: DynArray) -> Result<Array<T>> {
        array.expect::<T>("array")?;
        Ok(Array { array, of: PhantomData })
    }
}

impl<T: Element> From<Array<T>> for DynArray {
    fn from(array: Array<T>) -> DynArray {
        array.array
    }
}

impl fmt::Display for DynArray {
    /// As NumPy prints; waits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shown() {
            Ok(text) => f.write_str(&text),
            Err(error) => write!(f, "<{error}>"),
        }
    }
}

impl fmt::Debug for DynArray {
    /// dtype, shape, blocks and state, without waiting.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.cluster().pool().state(self.blocks()) {
            State::Ready => "ready",
            State::Pending => "not computed yet",
            State::Failed => "failed",
            State::Gone => "on a closed cluster",
        };
        let (n, s) = (self.blocks().len(), if self.blocks().len() == 1 { "" } else { "s" });
        write!(f, "{}{:?} in {n} block{s} of {:?}, {state}", self.dtype(), self.shape(), self.block_shape())
    }
}

impl<T: Element> fmt::Display for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.array, f)
    }
}

impl<T: Element> fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.array, f)
    }
}
