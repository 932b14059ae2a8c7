"""Modules that are files anywhere on the disk, under a name that says which file.

`holon_actors.flows.from_file._2fhome_2fada_2forders_2epy` is the module of
`/home/ada/orders.py`. As the path is in the name, whatever is pickled by reference from such a
module loads in any process of the host that sees the same file: importing this package
installs the finder. The file's folder is importable while it loads, so that its siblings are.
"""

from holon_actors.flows.from_file.finder import FileFinder, module_name_of

__all__ = ["FileFinder", "module_name_of"]

FileFinder.install()
