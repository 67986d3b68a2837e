# Puts a program folder in place of the one that is there. As administrator:
#   powershell -ExecutionPolicy Bypass -File xuda-update.ps1 -New D:\xuda
# Nothing changes when the new one fails its own test. Data folders are elsewhere and are not touched. What an
# interrupted update has left is put right by running it again.
param([Parameter(Mandatory = $true)][string]$New, [string]$Place = "C:\Program Files\Xuda")
$ErrorActionPreference = "Stop"
$next = "$Place.next"
$before = "$Place.before"
if (-not (Test-Path $Place) -and (Test-Path $before)) { Rename-Item $before (Split-Path $Place -Leaf) }
if (-not (Test-Path (Join-Path $New "_internal\program.json"))) { throw "$New is no folder of this program" }
if (Test-Path $next) { Remove-Item $next -Recurse -Force }
Copy-Item $New $next -Recurse
$data = Join-Path $env:TEMP ([guid]::NewGuid())
$test = Start-Process -FilePath (Join-Path $next "xuda.exe") -ArgumentList "selftest", "--data", "`"$data`"" `
    -PassThru -Wait -NoNewWindow
if (Test-Path $data) { Remove-Item $data -Recurse -Force }
if ($test.ExitCode -ne 0) {
    Remove-Item $next -Recurse -Force
    throw "The new program does not pass its own test; nothing was changed."
}
# Windows keeps the folder of a running program: it ends, and its supervisor starts the new one
Get-Process xuda -ErrorAction SilentlyContinue | Where-Object { $_.Path -like "$Place\*" } | Stop-Process -Force
if (Test-Path $before) { Remove-Item $before -Recurse -Force }
if (Test-Path $Place) { Rename-Item $Place (Split-Path $before -Leaf) }
Rename-Item $next (Split-Path $Place -Leaf)
Write-Host "Done: $Place is the new program. The one before is in $before."
