<?php
// For PHP's built-in server: notes each request; files of WordPress as they are, every other address by its front page.
$said = ['method' => $_SERVER['REQUEST_METHOD'], 'path' => $_SERVER['REQUEST_URI']];
foreach (['user_agent', 'cookie', 'referer', 'authorization'] as $header) {
    $said[$header] = $_SERVER['HTTP_' . strtoupper($header)] ?? '';
}
file_put_contents(dirname(__DIR__) . '/requests.jsonl', json_encode($said) . "\n", FILE_APPEND | LOCK_EX);
$path = rawurldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/');
if ($path !== '/' && is_file($_SERVER['DOCUMENT_ROOT'] . $path)) {
    return false;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = $_SERVER['DOCUMENT_ROOT'] . '/index.php';
require $_SERVER['SCRIPT_FILENAME'];
