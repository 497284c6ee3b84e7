"""pip, run as a child process of `helpers.fetch`, with two additions. Never imported.

It ends when its parent ends, so a kill leaves no pip writing into a folder that nobody watches any more. And
`one-file PROJECT FILE FOLDER` downloads one file of a project by its exact name: `pip download` would run the build
backend of a source archive to read its metadata, and nothing of an asset may ever run.
"""

import os
import sys
import threading


def end_with_parent():
    """The parent holds the other end of stdin. When that closes, the parent is gone."""
    pipe = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # so that nothing else waits on, or inherits, the watched pipe

    def watch():
        os.read(pipe, 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def one_file(arguments):
    """pip's own session, settings and index, but no resolver: the file is found by name and copied as it is."""
    from pip._internal.commands.download import DownloadCommand

    class OneFile(DownloadCommand):
        def run(self, options, args):
            project, file_name, folder = args
            session = self.get_default_session(options)
            finder = self._build_package_finder(options, session, ignore_requires_python=True)
            for candidate in finder.find_all_candidates(project):
                if candidate.link.filename == file_name:
                    break
            else:
                print(f"ERROR: No matching distribution found for {file_name}")
                return 1
            # pip's session reads file: addresses too, as find-links folders give them.
            identity = {"Accept-Encoding": "identity"}
            response = session.get(candidate.link.url_without_fragment, headers=identity, stream=True)
            if response.status_code != 200:
                print(f"ERROR: HTTP error {response.status_code} for {candidate.link.url_without_fragment}")
                return 1
            with open(os.path.join(folder, file_name), "wb") as out:
                while block := response.raw.read(1 << 20):
                    out.write(block)
            return 0

    return OneFile("download", "Download one file by name").main(arguments)


if __name__ == "__main__":
    end_with_parent()
    if sys.argv[1] == "one-file":
        sys.exit(one_file(sys.argv[2:]))
    from pip._internal.cli.main import main

    sys.exit(main(sys.argv[1:]))
